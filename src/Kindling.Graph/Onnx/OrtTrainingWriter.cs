using Google.Protobuf;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>
/// Writes the models that ONNX Runtime's on-device training wants (<c>Microsoft.ML.OnnxRuntime.Training</c>, API of 1.17 to 1.19.2), which hold operators and
/// types that a <see cref="Graph"/> does not have: gradient accumulation, optimisers, sequences of tensors.
/// </summary>
public static class OrtTrainingWriter
{
    /// <summary>Inputs and outputs whose names end like this belong to the runtime; it hides such outputs without a word.</summary>
    public static readonly IReadOnlyList<string> ReservedSuffixes = ["_grad", "_grad.accumulation.buffer", "_grad.accumulation.out"];

    private const string Microsoft = "com.microsoft";
    private const string Reset = "lazy_reset_grad";
    private const int MicrosoftVersion = 1;

    /// <summary>The training model: a graph whose last outputs are the gradients of <paramref name="trainable"/>, in that order; they become accumulated.</summary>
    /// <param name="graph">Data inputs, then all parameters; outputs: loss, others, gradients.</param>
    /// <param name="trainable">Names of the parameters that train; inputs of the graph.</param>
    /// <exception cref="GraphException">A name that the runtime reserves, or a parameter without fixed sizes.</exception>
    public static byte[] TrainingModel(Graph graph, IReadOnlyList<string> trainable)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(trainable);
        int others = graph.Outputs.Count - trainable.Count;
        Check(graph.Inputs.Select(v => v.Name).Concat(graph.Outputs.Take(others).Select(v => v.Name)));
        ModelProto model = OnnxWriter.Model(graph);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = MicrosoftVersion });
        GraphProto proto = model.Graph;
        for (int i = 0; i < trainable.Count; i++)
        {
            Value parameter = graph.Input(trainable[i]);
            if (!parameter.Shape.IsKnown)
            {
                throw new GraphException($"The parameter '{parameter.Name}' has shape {parameter.Shape}; training wants fixed sizes.");
            }

            ValueInfoProto buffer = OnnxWriter.Info(parameter);
            buffer.Name = $"{parameter.Name}_grad.accumulation.buffer";
            proto.Input.Add(buffer);
            string accumulated = $"{parameter.Name}_grad.accumulation.out";
            proto.Node.Add(Node("InPlaceAccumulatorV2", [buffer.Name, graph.Outputs[others + i].Name, Reset], accumulated));
            proto.Output[others + i] = Info(accumulated, ElementType.Bool, 1);
        }

        proto.Input.Add(Info(Reset, ElementType.Bool, 1));
        return model.ToByteArray();
    }

    /// <summary>An optimiser model that does AdamW as torch has it (decoupled decay, corrected bias); without decay it is Adam.</summary>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    /// <param name="factor">What the session's learning rate, 0.001 until it is set, is multiplied by; for runtimes that cannot set it.</param>
    public static byte[] AdamW(double beta1, double beta2, double epsilon, double weightDecay, float factor = 1)
    {
        NodeProto node = Node(
            "AdamWOptimizer",
            [Rate(factor), "step", "params", "gradients", "first_order_moments", "second_order_moments"],
            "update_signal"
        );
        node.Attribute.AddRange([
            Float("alpha", (float)beta1),
            Float("beta", (float)beta2),
            Float("epsilon", (float)epsilon),
            Float("weight_decay", (float)weightDecay),
            Int("correct_bias", 1),
            Int("adam_mode", 0),
        ]);
        return Optimizer(node, factor, moments: 2, Info("update_signal", ElementType.Bool, 1));
    }

    /// <summary>An optimiser model that does stochastic gradient descent.</summary>
    /// <param name="factor">As for <see cref="AdamW"/>.</param>
    public static byte[] Sgd(float factor = 1)
    {
        NodeProto node = Node("SGDOptimizerV2", ["rate_scalar", "params", "gradients"], "update_signal");
        NodeProto squeeze = Node("Squeeze", [Rate(factor)], "rate_scalar");
        squeeze.Domain = "";
        return Optimizer(node, factor, moments: 1, Info("update_signal", ElementType.Bool), squeeze);
    }

    private static string Rate(float factor) => factor == 1 ? "learning_rate" : "rate";

    private static byte[] Optimizer(NodeProto node, float factor, int moments, ValueInfoProto output, params NodeProto[] before)
    {
        GraphProto graph = new() { Name = "optimizer" };
        graph.Input.Add(Info("learning_rate", ElementType.Float, 1));
        graph.Input.Add(Info("step", ElementType.Int64, 1));
        string[] sequences = ["params", "gradients", "first_order_moments", "second_order_moments"];
        graph.Input.AddRange(sequences.Take(2 + moments).Select(Sequence));
        if (factor != 1)
        {
            NodeProto scale = Node("Mul", ["learning_rate", "factor"], "rate");
            scale.Domain = "";
            graph.Node.Add(scale);
            graph.Initializer.Add(OnnxWriter.Tensor(Kindling.Graphs.Tensor.Vector(factor), "factor"));
        }

        graph.Node.AddRange(before);
        graph.Node.Add(node);
        graph.Output.Add(output);
        ModelProto model = new()
        {
            IrVersion = OnnxWriter.IrVersion,
            ProducerName = "kindling",
            Graph = graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Graph.OpsetVersion });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = MicrosoftVersion });
        return model.ToByteArray();
    }

    // The reset flag's own name ends like this, too.
    private static void Check(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (ReservedSuffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix)
            {
                throw new GraphException($"The name '{name}' ends with '{suffix}', which ONNX Runtime Training keeps to itself.");
            }
        }
    }

    private static NodeProto Node(string opType, string[] inputs, string output)
    {
        NodeProto node = new()
        {
            Name = $"{output}.node",
            OpType = opType,
            Domain = Microsoft,
        };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static ValueInfoProto Info(string name, ElementType type, params long[] sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.AddRange(sizes.Select(size => new DimensionProto { DimValue = size }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TensorTypeProto { ElemType = (int)type, Shape = shape },
            },
        };
    }

    private static ValueInfoProto Sequence(string name) =>
        new()
        {
            Name = name,
            Type = new TypeProto
            {
                SequenceType = new SequenceTypeProto
                {
                    ElemType = new TypeProto { TensorType = new TensorTypeProto { ElemType = (int)ElementType.Float } },
                },
            },
        };

    private static AttributeProto Float(string name, float value) =>
        new()
        {
            Name = name,
            F = value,
            Type = AttributeProto.Types.Kind.Float,
        };

    private static AttributeProto Int(string name, long value) =>
        new()
        {
            Name = name,
            I = value,
            Type = AttributeProto.Types.Kind.Int,
        };
}
