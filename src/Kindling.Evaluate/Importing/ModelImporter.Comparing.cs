using Kindling.Autodiff;
using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Evaluate.Importing;

/// <content>What the original and the conversion make of the same random examples, and how large the gradients are there.</content>
public static partial class ModelImporter
{
    private const int MostCode = 10;
    private const ulong InputStream = 1;
    private const ulong WeightStream = 2;

    // Each example a tenth of the one before: what saturates at one size may not at another.
    private static Tensor RandomInput(ElementType type, int[] shape, int examples, ulong seed)
    {
        SeededRandom random = new(seed, InputStream);
        long[] sizes = [examples, .. shape.Select(s => (long)s)];
        int count = checked((int)sizes.Aggregate(1L, (a, b) => a * b));
        return type switch
        {
            ElementType.Float => Tensor.Of<float>(
                [.. Enumerable.Range(0, count).Select(i => (float)(Half)(random.NextGaussian() * Math.Pow(0.1, i / (count / examples))))],
                sizes
            ),
            ElementType.Int64 => Tensor.Of<long>([.. Enumerable.Range(0, count).Select(_ => (long)random.NextInt(MostCode))], sizes),
            ElementType.Int32 => Tensor.Of<int>([.. Enumerable.Range(0, count).Select(_ => random.NextInt(MostCode))], sizes),
            _ => throw new GraphException($"examples of {type} are not supported; supported are floats and integers of 32 and 64 bits."),
        };
    }

    private static Tensor Example(Tensor x, int index)
    {
        int bytes = x.Bytes.Length / (int)x.Sizes[0];
        return new Tensor(x.Type, [1, .. x.Sizes.Skip(1)], x.Bytes.AsSpan(index * bytes, bytes).ToArray());
    }

    private static float[] Outputs(byte[] bytes, Graph graph, Tensor x)
    {
        using OrtRun run = new(bytes, "converted");
        return run.Run(graph.Outputs[0].Name, new Dictionary<string, Tensor>(StringComparer.Ordinal) { [graph.Inputs[0].Name] = x });
    }

    // One example at a time where the file says 1.
    private static float[] Original(
        ImportOptions options,
        OnnxSummary summary,
        Graph read,
        FixedInputs fixedInputs,
        Value input,
        Tensor x,
        string output
    )
    {
        using OrtRun run = new(options.Model);
        OnnxPort[] others = [.. summary.Inputs.Where(i => i.Name != input.Name)];
        ElementType type = read.Input(input.Name).Type;
        bool alone = summary.Inputs.First(i => i.Name == input.Name).Shape![0] == "1" || others.Any(o => options.Fix.ContainsKey(o.Name));
        return
        [
            .. Enumerable
                .Range(0, alone ? Examples : 1)
                .SelectMany(i =>
                {
                    Tensor examples = As(type, alone ? Example(x, i) : x);
                    Dictionary<string, Tensor> feeds = new(StringComparer.Ordinal) { [input.Name] = examples };
                    foreach (OnnxPort other in others)
                    {
                        feeds[other.Name] = options.Fix.ContainsKey(other.Name)
                            ? fixedInputs.Value(other.Name, (int)examples.Sizes[0])
                            : Zeros(other, (int)examples.Sizes[0]);
                    }

                    return run.Run(output, feeds);
                }),
        ];
    }

    private static Tensor Zeros(OnnxPort port, int examples) => new FixedInputs(port).Value(port.Name, examples);

    private static Tensor As(ElementType type, Tensor x) =>
        type switch
        {
            ElementType.Float16 => Tensor.Of<Half>(Array.ConvertAll(x.AsSpan<float>().ToArray(), v => (Half)v), x.Sizes),
            ElementType.Double => Tensor.Of<double>(Array.ConvertAll(x.AsSpan<float>().ToArray(), v => (double)v), x.Sizes),
            _ => x,
        };

    private static double Difference(float[] expected, float[] got)
    {
        if (expected.Length != got.Length)
        {
            throw new GraphException($"the original gives {expected.Length} numbers, the conversion {got.Length}.");
        }

        return EngineDifference.Of([.. expected.Select(v => (double)v)], [.. got.Select(v => (double)v)]);
    }

    // The largest entry of each gradient of sum(w y) with random w, from the graph that adaptation differentiates.
    private static (double[] Largest, int Outputs) Gradients(
        byte[] bytes,
        string[] names,
        int[] shape,
        ElementType type,
        Tensor x,
        ulong seed
    )
    {
        NetworkSpec spec = new()
        {
            Type = "onnx",
            File = "network.onnx",
            Sha256 = ImportedModel.Hash(bytes),
            Trainable = names,
            Head = "linear",
        };
        Graph network = NetworkCatalogue
            .Build(spec with { Imported = ImportedModel.Read(spec, bytes, "converted") }, shape, outputs: 1)
            .Support;
        GraphBuilder b = new("gradients");
        Dictionary<string, Value> inputs = network.Inputs.ToDictionary(
            v => v.Name,
            v => b.Input(v.Name, v.Type, v.Shape),
            StringComparer.Ordinal
        );
        Value features = b.Inline(network, inputs)["features"];
        int width = (int)features.Shape[1].Size;
        SeededRandom random = new(seed, WeightStream);
        Value weights = b.Constant(
            Tensor.Of<float>([.. Enumerable.Range(0, Examples * width).Select(_ => (float)random.NextGaussian())], Examples, width)
        );
        Value sum = b.ReduceSum(b.Mul(features, weights), keepDims: false);
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, sum, [.. names.Select(n => inputs[n])]);
        for (int i = 0; i < names.Length; i++)
        {
            _ = b.Output(b.Op("ReduceMax", [b.Op("Abs", [gradients[i]])], ("keepdims", 0)), $"largest.{i}");
        }

        Graph graph = DeadCode.Run(b.Graph);
        using OrtRun run = new(OnnxWriter.ToBytes(graph), "gradients");
        Dictionary<string, Tensor> feeds = new(StringComparer.Ordinal) { ["x"] = type == ElementType.Float ? x : AsFloats(x) };
        ImportedModel model = ImportedModel.Read(spec, bytes, "converted");
        foreach (string name in names)
        {
            feeds[name] = model.Graph[name].Constant!;
        }

        return ([.. names.Select((_, i) => (double)run.Run($"largest.{i}", feeds)[0])], width);
    }

    private static Tensor AsFloats(Tensor codes) => Tensor.Of<float>([.. codes.ToInt64().Select(c => (float)c)], codes.Sizes);
}
