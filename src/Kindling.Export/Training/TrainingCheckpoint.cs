using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.FlatBuffers;
using Kindling.Bundles;

namespace Kindling.Export.Training;

/// <summary>
/// The checkpoint of ONNX Runtime's on-device training, 1.18 and 1.19: a FlatBuffer of parameters by name, without optimiser state (which then starts
/// fresh). Tables and slots as the runtime's schema has them; slots that are not named here keep their defaults.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string Identifier = "ODTC";
    private const int Version = 2;
    private const int FloatType = 1;

    // Slots of the tables.
    private const int CheckpointVersion = 0;
    private const int CheckpointModule = 1;
    private const int ModuleTrainable = 0;
    private const int ModuleFrozen = 1;
    private const int ModuleNominal = 2;
    private const int TensorName = 0;
    private const int TensorDims = 2;
    private const int TensorType = 3;
    private const int TensorData = 4;

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="trainable">Parameters that train, in graph order.</param>
    /// <param name="frozen">Those that do not.</param>
    /// <param name="nominal">Without the numbers: names and types only, to be filled in by the app.</param>
    internal static byte[] Write(
        IReadOnlyList<(string Name, FloatTensor Tensor)> trainable,
        IReadOnlyList<(string Name, FloatTensor Tensor)> frozen,
        bool nominal
    )
    {
        FlatBufferBuilder b = new(1 << 16);
        VectorOffset trainableTensors = Tables(b, [.. trainable.Select(p => Tensor(b, p.Name, p.Tensor, nominal))]);
        VectorOffset frozenTensors = Tables(b, [.. frozen.Select(p => Tensor(b, p.Name, p.Tensor, nominal))]);
        b.StartTable(4);
        b.AddOffset(ModuleTrainable, trainableTensors.Value, 0);
        b.AddOffset(ModuleFrozen, frozenTensors.Value, 0);
        b.AddBool(ModuleNominal, nominal, false);
        int module = b.EndTable();
        b.StartTable(4);
        b.AddInt(CheckpointVersion, Version, 0);
        b.AddOffset(CheckpointModule, module, 0);
        b.Finish(b.EndTable(), Identifier);
        return b.SizedByteArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static (IReadOnlyDictionary<string, FloatTensor> Trainable, IReadOnlyDictionary<string, FloatTensor> Frozen) Read(byte[] bytes)
    {
        ByteBuffer buffer = new(bytes);
        Table root = new(BinaryPrimitives.ReadInt32LittleEndian(bytes), buffer);
        Table module = Child(root, CheckpointModule);
        return (Tensors(module, ModuleTrainable), Tensors(module, ModuleFrozen));
    }

    private static int Tensor(FlatBufferBuilder b, string name, FloatTensor tensor, bool nominal)
    {
        StringOffset text = b.CreateString(name);
        int[] sizes = nominal ? [] : [.. tensor.Shape];
        b.StartVector(sizeof(long), sizes.Length, sizeof(long));
        for (int i = sizes.Length - 1; i >= 0; i--)
        {
            b.AddLong(sizes[i]);
        }

        VectorOffset dims = b.EndVector();
        byte[] raw = nominal ? [] : Bytes(tensor.Values);
        b.StartVector(1, raw.Length, sizeof(float));
        b.Add(raw);
        VectorOffset data = b.EndVector();
        b.StartTable(7);
        b.AddOffset(TensorName, text.Value, 0);
        b.AddOffset(TensorDims, dims.Value, 0);
        b.AddInt(TensorType, FloatType, 0);
        b.AddOffset(TensorData, data.Value, 0);
        return b.EndTable();
    }

    private static VectorOffset Tables(FlatBufferBuilder b, int[] tables)
    {
        b.StartVector(sizeof(int), tables.Length, sizeof(int));
        for (int i = tables.Length - 1; i >= 0; i--)
        {
            b.AddOffset(tables[i]);
        }

        return b.EndVector();
    }

    /// <summary>Little-endian, as the format wants it.</summary>
    private static byte[] Bytes(float[] values)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        }

        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return bytes;
    }

    private static Dictionary<string, FloatTensor> Tensors(Table module, int slot)
    {
        Dictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal);
        int field = Field(module, slot);
        int vector = module.__vector(field);
        for (int i = 0; i < module.__vector_len(field); i++)
        {
            Table tensor = new(module.__indirect(vector + (i * sizeof(int))), module.bb);
            int dims = Field(tensor, TensorDims);
            int[] shape =
            [
                .. Enumerable
                    .Range(0, tensor.__vector_len(dims))
                    .Select(d => (int)tensor.bb.GetLong(tensor.__vector(dims) + (d * sizeof(long)))),
            ];
            int data = Field(tensor, TensorData);
            float[] values =
            [
                .. Enumerable
                    .Range(0, tensor.__vector_len(data) / sizeof(float))
                    .Select(v => tensor.bb.GetFloat(tensor.__vector(data) + (v * sizeof(float)))),
            ];
            tensors.Add(tensor.__string(Field(tensor, TensorName) + tensor.bb_pos), new FloatTensor(shape, values));
        }

        return tensors;
    }

    private static Table Child(Table table, int slot) => new(table.__indirect(Field(table, slot) + table.bb_pos), table.bb);

    // The vtable begins with two 16-bit sizes.
    private static int Field(Table table, int slot) => table.__offset(4 + (2 * slot));
}
