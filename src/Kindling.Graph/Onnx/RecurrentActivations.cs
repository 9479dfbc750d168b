namespace Kindling.Graphs.Onnx;

/// <summary>The activations that LSTM, GRU and RNN may name. Numbers of activations that take some are consumed in order, as ONNX Runtime does.</summary>
internal static class RecurrentActivations
{
    private delegate Value Activation(GraphBuilder b, Value x, float alpha, float beta);

    // Where ONNX and ONNX Runtime do not agree on a number that is not given.
    private const float Required = float.NaN;

    // what alpha and beta are unless given; null where the activation has none
    private static readonly Dictionary<string, (float? Alpha, float? Beta, Activation Build)> Rows = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Tanh"] = (null, null, (b, x, _, _) => b.Tanh(x)),
        ["Sigmoid"] = (null, null, (b, x, _, _) => b.Sigmoid(x)),
        ["Relu"] = (null, null, (b, x, _, _) => b.Relu(x)),
        ["Softplus"] = (null, null, (b, x, _, _) => b.Softplus(x)),
        ["Softsign"] = (null, null, (b, x, _, _) => b.Op("Softsign", [x])),
        ["Elu"] = (1, null, (b, x, alpha, _) => b.Elu(x, alpha)),
        ["LeakyRelu"] = (0.01f, null, (b, x, alpha, _) => b.LeakyRelu(x, alpha)),
        ["ThresholdedRelu"] = (Required, null, (b, x, alpha, _) => b.Op("ThresholdedRelu", [x], ("alpha", alpha))),
        ["HardSigmoid"] = (0.2f, 0.5f, (b, x, alpha, beta) => b.Op("HardSigmoid", [x], ("alpha", alpha), ("beta", beta))),
        ["Affine"] = (Required, Required, (b, x, alpha, beta) => b.Add(b.Mul(x, alpha), beta)),
        ["ScaledTanh"] = (Required, Required, (b, x, alpha, beta) => b.Mul(b.Tanh(b.Mul(x, beta)), alpha)),
    };

    /// <summary>Takes the attributes that name activations.</summary>
    /// <param name="f">The node.</param>
    /// <param name="defaults">What one direction has unless the node says otherwise.</param>
    /// <param name="directions">Number of directions.</param>
    /// <returns>The functions of all directions, those of the first before those of the second.</returns>
    public static Func<Value, Value>[] Take(NodeForm f, string[] defaults, int directions)
    {
        string[] names = f.Texts("activations") ?? [.. Enumerable.Repeat(defaults, directions).SelectMany(d => d)];
        if (names.Length != defaults.Length * directions)
        {
            throw new GraphException(
                $"{f.Where}: expected {defaults.Length} activations for each of {directions} directions, got {names.Length}."
            );
        }

        Queue<float> alphas = new(f.Floats("activation_alpha") ?? []);
        Queue<float> betas = new(f.Floats("activation_beta") ?? []);
        return [.. names.Select(Function)];

        Func<Value, Value> Function(string name)
        {
            if (!Rows.TryGetValue(name, out (float? Alpha, float? Beta, Activation Build) row))
            {
                throw new GraphException(
                    $"{f.Where}: activation '{name}' is not supported; supported are {string.Join(", ", Rows.Keys.Order(StringComparer.Ordinal))}."
                );
            }

            float alpha = Number(row.Alpha, alphas, "activation_alpha");
            float beta = Number(row.Beta, betas, "activation_beta");
            return x => row.Build(f.Builder, x, alpha, beta);
        }

        float Number(float? absent, Queue<float> given, string attribute) =>
            absent is not { } number ? 0
            : given.TryDequeue(out float next) ? next
            : float.IsNaN(number) ? throw new GraphException($"{f.Where}: an activation needs more numbers than {attribute} has.")
            : number;
    }
}
