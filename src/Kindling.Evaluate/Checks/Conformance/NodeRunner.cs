using Google.Protobuf;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Kindling.Train.Torch;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = Kindling.Graphs.Tensor;

namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>Reads a test's model and runs it on one engine.</summary>
internal static class NodeRunner
{
    private const double Relative = 1e-3;
    private const double Absolute = 1e-7;

    /// <summary>How the test fails on that engine, or null if it passes.</summary>
    /// <exception cref="GraphException">The reader or the interpreter refuses the model.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the model.</exception>
    public static string? Difference(NodeTest test, NodeEngine engine)
    {
        Graph graph = Read(test);
        Tensor[] inputs = [.. Inputs(test).Where(input => graph.Inputs.Any(v => v.Name == input.Name)).Select(input => input.Value)];
        Tensor[] outputs = Run(graph, engine, inputs);
        if (outputs.Length != test.Outputs.Count)
        {
            return $"expected {test.Outputs.Count} outputs, got {outputs.Length}";
        }

        IEnumerable<string?> differences = outputs.Select(
            (got, i) => Difference(got, Read(test.Outputs[i], $"output {i}"), graph.Outputs[i].Name)
        );
        return differences.FirstOrDefault(d => d is not null);
    }

    /// <summary>The outputs of a graph on one engine.</summary>
    public static Tensor[] Run(Graph graph, NodeEngine engine, Tensor[] inputs) =>
        engine == NodeEngine.Torch
            ? OnTorch(graph, inputs)
            : OnOnnxRuntime(
                OnnxWriter.ToBytes(graph),
                [.. graph.Inputs.Select(v => v.Name)],
                [.. graph.Outputs.Select(v => v.Name)],
                inputs
            );

    // The suite gives axes, pads and scales as inputs, from which shapes follow that must be known when the graph is built: such inputs become constants.
    private static Graph Read(NodeTest test)
    {
        try
        {
            return OnnxReader.Read(test.Model, test.Name);
        }
        catch (GraphException e) when (e.Message.Contains("must be known when the graph is built", StringComparison.Ordinal))
        {
            Dictionary<string, Tensor> integers = Inputs(test)
                .Where(input =>
                    input.Value.Sizes.Count <= 1
                    && (input.Value.Type is ElementType.Int64 or ElementType.Int32 || test.Operators.Contains("Resize"))
                )
                .ToDictionary(input => input.Name, input => input.Value);
            return OnnxReader.Read(test.Model, test.Name, integers);
        }
    }

    private static IEnumerable<(string Name, Tensor Value)> Inputs(NodeTest test) =>
        test.InputNames.Zip(test.Inputs.Select((bytes, i) => Read(bytes, $"input {i}")));

    private static Tensor Read(byte[] bytes, string what)
    {
        try
        {
            return TensorReader.Read(TensorProto.Parser.ParseFrom(bytes), what, folder: null);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GraphException($"{what} is no tensor.", e);
        }
    }

    private static Tensor[] OnTorch(Graph graph, Tensor[] inputs)
    {
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(graph);
        return
        [
            .. interpreter
                .Run([.. inputs.Select(i => TorchTensors.From(i))])
                .Select(t => new Tensor(Type(t.dtype), t.shape, t.contiguous().bytes.ToArray())),
        ];
    }

    private static ElementType Type(ScalarType type) =>
        Enum.GetValues<ElementType>().Single(e => TorchTensors.ToScalarType(e, ScalarType.Float32) == type);

    /// <summary>The outputs of a model on ONNX Runtime.</summary>
    public static Tensor[] OnOnnxRuntime(byte[] model, string[] inputNames, string[] outputNames, Tensor[] inputs)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using InferenceSession session = new(model, options);
        return Run(session, inputNames, outputNames, inputs);
    }

    /// <summary>Outputs of a session.</summary>
    public static Tensor[] Run(InferenceSession session, string[] inputNames, string[] outputNames, Tensor[] inputs)
    {
        using RunOptions run = new();
        OrtValue[] values = [.. inputs.Select(ToOrt)];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, inputNames, values, outputNames);
            return [.. results.Select(FromOrt)];
        }
        finally
        {
            foreach (OrtValue value in values)
            {
                value.Dispose();
            }
        }
    }

    private static OrtValue ToOrt(Tensor tensor)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            (TensorElementType)(int)tensor.Type,
            [.. tensor.Sizes]
        );
        tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static Tensor FromOrt(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return new Tensor((ElementType)(int)info.ElementDataType, info.Shape, value.GetTensorMutableRawData().ToArray());
    }

    /// <summary>Where two tensors differ by more than the suite allows, or null.</summary>
    public static string? Difference(Tensor got, Tensor expected, string name)
    {
        if (got.Type != expected.Type || !got.Sizes.SequenceEqual(expected.Sizes))
        {
            return $"output {name}: expected {expected.Type} [{string.Join(", ", expected.Sizes)}], got {got.Type} [{string.Join(", ", got.Sizes)}]";
        }

        double[] wanted = Numbers(expected);
        double[] given = Numbers(got);
        int wrong = FirstWrong(given, wanted);
        return wrong < 0 ? null : $"output {name}, element {wrong}: expected {wanted[wrong]}, got {given[wrong]}";
    }

    private static int FirstWrong(double[] got, double[] expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = got[i].Equals(expected[i]) || Math.Abs(got[i] - expected[i]) <= Absolute + (Relative * Math.Abs(expected[i]));
            if (!same)
            {
                return i;
            }
        }

        return -1;
    }

    private static double[] Numbers(Tensor tensor) =>
        tensor.Type switch
        {
            ElementType.Float => [.. tensor.AsSpan<float>().ToArray().Select(v => (double)v)],
            ElementType.Double => tensor.AsSpan<double>().ToArray(),
            ElementType.Float16 => [.. tensor.AsSpan<Half>().ToArray().Select(v => (double)v)],
            ElementType.UInt8 => [.. tensor.AsSpan<byte>().ToArray().Select(v => (double)v)],
            ElementType.Int8 => [.. tensor.AsSpan<sbyte>().ToArray().Select(v => (double)v)],
            ElementType.Bool => [.. tensor.AsSpan<bool>().ToArray().Select(v => v ? 1.0 : 0)],
            _ => [.. tensor.ToInt64().Select(v => (double)v)],
        };
}
