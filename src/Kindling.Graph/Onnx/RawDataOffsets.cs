using Google.Protobuf;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>Walks a serialised model down to the raw data of its initialisers and notes where each stands.</summary>
internal static class RawDataOffsets
{
    public static IReadOnlyDictionary<string, (long Offset, long Length)> Find(byte[] model)
    {
        Dictionary<string, (long, long)> found = new(StringComparer.Ordinal);
        foreach ((int start, int length) in Fields(model, 0, model.Length, ModelProto.GraphFieldNumber))
        {
            foreach ((int tensorStart, int tensorLength) in Fields(model, start, length, GraphProto.InitializerFieldNumber))
            {
                string name = TensorProto.Parser.ParseFrom(model.AsSpan(tensorStart, tensorLength)).Name;
                foreach ((int dataStart, int dataLength) in Fields(model, tensorStart, tensorLength, TensorProto.RawDataFieldNumber))
                {
                    found[name] = (dataStart, dataLength);
                }
            }
        }

        return found;
    }

    // Places of the length-delimited fields of that number within a message; the bytes are our own writer's.
    private static List<(int Start, int Length)> Fields(byte[] bytes, int start, int length, int number)
    {
        List<(int, int)> places = [];
        int at = start;
        while (at < start + length)
        {
            ulong tag = Varint(bytes, ref at);
            switch ((WireFormat.WireType)(tag & 7))
            {
                case WireFormat.WireType.Varint:
                    _ = Varint(bytes, ref at);
                    break;
                case WireFormat.WireType.Fixed32:
                    at += 4;
                    break;
                case WireFormat.WireType.Fixed64:
                    at += 8;
                    break;
                default:
                    int size = (int)Varint(bytes, ref at);
                    if ((int)(tag >> 3) == number)
                    {
                        places.Add((at, size));
                    }

                    at += size;
                    break;
            }
        }

        return places;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
