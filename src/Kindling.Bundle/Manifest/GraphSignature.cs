namespace Kindling.Bundles;

/// <summary>The inputs and outputs that the graphs of a bundle must have, derived from the manifest's parameters, statistics and inner rule.</summary>
public sealed class GraphSignature
{
    /// <summary>Name of the mask input of classification graphs: float [slots] of 1 and 0.</summary>
    public const string Mask = "mask";

    /// <summary>Name of the label input: int64 [batch] head slots, or float [batch, outputs].</summary>
    public const string Labels = "y";

    /// <summary>Name of the counter of finished steps (Adam): float [].</summary>
    public const string Step = "step";

    /// <summary>Name of the loss output: float [], at the incoming parameters.</summary>
    public const string Loss = "loss";

    /// <summary>Name of the input that says which share of all examples a part is: float [].</summary>
    public const string Share = "share";

    /// <summary>Name of the prediction output.</summary>
    public const string Output = "output";

    /// <summary>Name of the output with what the head sees.</summary>
    public const string Features = "features";

    private GraphSignature(BundleManifest manifest)
    {
        Data = manifest.Graphs.Backbone is { } backbone ? backbone.Outputs : [manifest.Input.Name];
        string[] mask = manifest.IsClassification ? [Mask] : [];
        string[] parameters = [.. manifest.Parameters.Select(parameter => parameter.Name)];
        string[] adapted = [.. manifest.Parameters.Where(parameter => parameter.Adapts).Select(parameter => parameter.Name)];
        string[] statistics = [.. manifest.Statistics.Select(statistic => statistic.Name)];
        State = StateOf(manifest.InnerRule.Optimizer, adapted);
        InferInputs = [.. Data, .. mask, .. parameters, .. statistics];
        InferOutputs = [Output, Features];
        AdaptInputs = [.. Data, Labels, .. mask, .. parameters, .. State, .. adapted.Select(Rate)];
        string[] sums = [.. adapted.Select(Sum)];
        AccumulateInputs = [.. Data, Labels, .. mask, .. parameters, Share, .. sums];
        AccumulateOutputs = [Loss, .. sums.Select(Next)];
        UpdateInputs = [.. adapted, .. parameters.Intersect(adapted.Select(Anchor)), .. sums, .. State, .. adapted.Select(Rate)];
        UpdateOutputs = [.. adapted.Select(Next), .. State.Select(Next)];
        AdaptOutputs = [Loss, .. adapted.Select(Next), .. State.Select(Next), .. statistics.Select(Next)];
    }

    /// <summary>What both graphs read of the examples: the data input, or what the backbone makes of it.</summary>
    public IReadOnlyList<string> Data { get; }

    /// <summary>Inputs of the infer graph.</summary>
    public IReadOnlyList<string> InferInputs { get; }

    /// <summary>Outputs of the infer graph.</summary>
    public IReadOnlyList<string> InferOutputs { get; }

    /// <summary>Inputs of the adapt graph.</summary>
    public IReadOnlyList<string> AdaptInputs { get; }

    /// <summary>Outputs of the adapt graph.</summary>
    public IReadOnlyList<string> AdaptOutputs { get; }

    /// <summary>Inputs of the graph that adds the gradient of a part of the examples, as large as their share, to a sum.</summary>
    public IReadOnlyList<string> AccumulateInputs { get; }

    /// <summary>Outputs of that graph.</summary>
    public IReadOnlyList<string> AccumulateOutputs { get; }

    /// <summary>Inputs of the graph that updates the adapted parameters by such a sum.</summary>
    public IReadOnlyList<string> UpdateInputs { get; }

    /// <summary>Outputs of that graph.</summary>
    public IReadOnlyList<string> UpdateOutputs { get; }

    /// <summary>Optimiser state: <c>NAME.m</c>, <c>NAME.v</c>, <c>step</c>, as far as the optimiser has them; each starts at zero.</summary>
    public IReadOnlyList<string> State { get; }

    /// <summary>The signature of a manifest's graphs.</summary>
    public static GraphSignature Of(BundleManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return new GraphSignature(manifest);
    }

    /// <summary>Name of the value that replaces <paramref name="name"/> after a step.</summary>
    public static string Next(string name) => name + ".next";

    /// <summary>Name of a parameter's rate.</summary>
    public static string Rate(string name) => name + ".rate";

    /// <summary>Name of the frozen parameter that holds where adaptation of another one starts, for rules that pull back to it.</summary>
    public static string Anchor(string name) => name + ".anchor";

    /// <summary>Name of a parameter's sum of gradients.</summary>
    public static string Sum(string name) => name + ".sum";

    /// <summary>Name of a parameter's first moment.</summary>
    public static string FirstMoment(string name) => name + ".m";

    /// <summary>Name of a parameter's second moment.</summary>
    public static string SecondMoment(string name) => name + ".v";

    private static string[] StateOf(string optimizer, string[] adapted) =>
        optimizer switch
        {
            "momentum" => [.. adapted.Select(FirstMoment)],
            "adam" or "adamw" => [.. adapted.Select(FirstMoment), .. adapted.Select(SecondMoment), Step],
            _ => [],
        };
}
