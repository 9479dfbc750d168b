using Google.Protobuf;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>
/// Reads ONNX models of op sets 1 to 22 as graphs of op set 17. Files are untrusted: whatever is wrong with one ends in a
/// <see cref="GraphException"/> that names the file and the place; types and shapes are inferred anew and what the file says of its outputs is held
/// against them.
/// </summary>
public static class OnnxReader
{
    /// <summary>Largest model in bytes, which is the format's own limit.</summary>
    public const long MaxBytes = int.MaxValue;

    /// <summary>Reads a model; tensors kept in other files must lie in its folder.</summary>
    /// <exception cref="GraphException">The file can not be read, is damaged or not supported.</exception>
    /// <param name="path">The file.</param>
    /// <param name="fixedInputs">Inputs that become constants, by name.</param>
    /// <param name="fixedSizes">Sizes of dimensions that the model leaves free, by symbol, or <c>INPUT.AXIS</c> where a dimension has none.</param>
    public static Graph Read(
        string path,
        IReadOnlyDictionary<string, Tensor>? fixedInputs = null,
        IReadOnlyDictionary<string, long>? fixedSizes = null
    )
    {
        (byte[] bytes, string folder) = Load(path);
        return Import(bytes, path, folder, import => import.Run(), fixedInputs, fixedSizes);
    }

    /// <summary>Reads a model so that it takes any number of examples, even if it was exported for one.</summary>
    internal static Graph Read(
        string path,
        IReadOnlyDictionary<string, Tensor> fixedInputs,
        BatchAxis batch,
        IReadOnlyDictionary<string, long>? fixedSizes = null
    )
    {
        (byte[] bytes, string folder) = Load(path);
        return Import(bytes, path, folder, import => import.Run(), fixedInputs, fixedSizes, batch);
    }

    /// <summary>Every node of a model that can not be read: what it is, and why not.</summary>
    /// <exception cref="GraphException">The file can not be read, is damaged or of an op set that is not supported.</exception>
    public static IReadOnlyList<(string Node, string Fault)> Unsupported(string path)
    {
        (byte[] bytes, string folder) = Load(path);
        return Import(bytes, path, folder, import => import.Unsupported(), null);
    }

    /// <summary>The operators of a model in the order of their first nodes, those that can not be read included.</summary>
    /// <exception cref="GraphException">The file can not be read, is damaged or of an op set that is not supported.</exception>
    public static IReadOnlyList<OnnxOperator> Operators(string path)
    {
        (byte[] bytes, string folder) = Load(path);
        return Import(bytes, path, folder, import => import.Operators(), null);
    }

    /// <summary>Reads a model from memory.</summary>
    /// <param name="bytes">The model.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="fixedInputs">Inputs that become constants, by name.</param>
    /// <param name="fixedSizes">Sizes of dimensions that the model leaves free, by symbol, or <c>INPUT.AXIS</c> where a dimension has none.</param>
    /// <exception cref="GraphException">The bytes are damaged or not supported, or refer to other files.</exception>
    public static Graph Read(
        byte[] bytes,
        string name = "model",
        IReadOnlyDictionary<string, Tensor>? fixedInputs = null,
        IReadOnlyDictionary<string, long>? fixedSizes = null
    ) => Import(bytes, name, folder: null, import => import.Run(), fixedInputs, fixedSizes);

    private static (byte[] Bytes, string Folder) Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > MaxBytes)
            {
                throw new GraphException($"Model '{path}': {file.Length} bytes are more than the limit of {MaxBytes}.");
            }

            return (File.ReadAllBytes(path), Path.GetDirectoryName(file.FullName)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new GraphException($"Model '{path}' can not be read: {e.Message}", e);
        }
    }

    private static T Import<T>(
        byte[] bytes,
        string file,
        string? folder,
        Func<ModelImport, T> read,
        IReadOnlyDictionary<string, Tensor>? fixedInputs,
        IReadOnlyDictionary<string, long>? fixedSizes = null,
        BatchAxis? batch = null
    )
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ModelProto model = Parse(bytes, file);
        try
        {
            return read(new ModelImport(model, folder, fixedInputs, fixedSizes, batch));
        }
        catch (GraphException e)
        {
            throw new GraphException($"Model '{file}': {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraphException($"Model '{file}': its external data can not be read: {e.Message}", e);
        }
    }

    internal static ModelProto Parse(byte[] bytes, string file)
    {
        CodedInputStream input = new(bytes);
        try
        {
            ModelProto model = new();
            model.MergeFrom(input);
            return model;
        }
        // Lengths that contradict each other make the parser index past its buffer.
        catch (Exception e) when (e is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw new GraphException(
                $"Model '{file}': not a readable ONNX model, damaged at byte {input.Position} of {bytes.Length}: {e.Message}",
                e
            );
        }
    }
}
