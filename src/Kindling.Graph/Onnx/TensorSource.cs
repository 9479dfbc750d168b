using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>Reads the tensors of one model, each once, however often the node that has it is written out.</summary>
internal sealed class TensorSource(string? folder)
{
    // by reference: comparing contents would read them
    private readonly Dictionary<TensorProto, Tensor> read = new(ReferenceEqualityComparer.Instance);

    /// <summary>The tensor, checked.</summary>
    public Tensor Read(TensorProto proto, string where)
    {
        if (!read.TryGetValue(proto, out Tensor? tensor))
        {
            read[proto] = tensor = TensorReader.Read(proto, where, folder);
        }

        return tensor;
    }
}
