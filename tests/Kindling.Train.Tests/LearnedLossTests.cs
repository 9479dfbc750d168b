using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Tasks;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>The recurrent network of a learned loss against its equations, number by number.</summary>
public sealed class LearnedLossTests
{
    private const int Units = 3;
    private const int Examples = 4;

    [Test]
    public void Append_LinearNetwork_ComputesTheGatedRecurrence()
    {
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        NetworkGraphs network = LearnedLoss.Append(NetworkCatalogue.Build(new NetworkSpec { Type = "linear" }, [2], 1), Units, Examples);
        SeededRandom random = new(3);
        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
        double[] x = Draw(Examples * 2);
        double[][] parameters = [.. network.Parameters.Select(p => Draw(p.Count))];
        using TorchInterpreter interpreter = new(network.Support, doublePrecision: true);
        torch.Tensor[] outputs = interpreter.Run([
            tensor(x, [Examples, 2]),
            .. network.Parameters.Zip(parameters, (p, values) => tensor(values, [.. p.Shape.Select(d => (long)d)])),
        ]);
        Assert.That(network.Support.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "output", "features", "loss" }));
        Assert.That(outputs[^1].item<double>(), Is.EqualTo(Expected(x, parameters)).Within(1e-8));
        Assert.That(
            network.Infer.Inputs.Select(v => v.Name),
            Is.EqualTo(network.Parameters.Select(p => p.Name).Prepend("x")),
            "prediction has the same parameters"
        );
    }

    [Test]
    public void Append_NetworkThatReadsLabels_IsRefused() =>
        Assert.That(
            () =>
                LearnedLoss.Append(
                    NetworkCatalogue.Build(new NetworkSpec { Type = "linear", Head = "prototypes" }, [2], 2),
                    Units,
                    Examples
                ),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo(
                    "A learned loss needs units, examples and a network that reads no labels; got 3 units, 4 examples and inputs x, y, head.weight, head.bias."
                )
        );

    // parameters: head weight [2, 1] and bias [1]; features [2, 9], output [1, 9], state [3, 9], bias [9], read [3, 3]
    private static double Expected(double[] x, double[][] parameters)
    {
        double[] h = new double[Units];
        double sum = 0;
        for (int t = 0; t < Examples; t++)
        {
            double[] u = [x[2 * t], x[(2 * t) + 1], 0];
            u[2] = (u[0] * parameters[0][0]) + (u[1] * parameters[0][1]) + parameters[1][0];
            double In(int gate, int j)
            {
                int column = (gate * Units) + j;
                return (u[0] * parameters[2][column])
                    + (u[1] * parameters[2][9 + column])
                    + (u[2] * parameters[3][column])
                    + parameters[5][column];
            }

            double Back(double[] state, int gate, int j) =>
                Enumerable.Range(0, Units).Sum(i => state[i] * parameters[4][(i * 9) + (gate * Units) + j]);
            double[] before = h;
            double[] z = [.. Enumerable.Range(0, Units).Select(j => Sigmoid(In(0, j) + Back(before, 0, j)))];
            double[] r = [.. Enumerable.Range(0, Units).Select(j => before[j] * Sigmoid(In(1, j) + Back(before, 1, j)))];
            h = [.. Enumerable.Range(0, Units).Select(j => (z[j] * before[j]) + ((1 - z[j]) * Math.Tanh(In(2, j) + Back(r, 2, j))))];
            sum += Enumerable
                .Range(0, Units)
                .Sum(j => Math.Pow(Enumerable.Range(0, Units).Sum(i => h[i] * parameters[6][(i * Units) + j]), 2));
        }

        return sum / (Examples * Units);
    }

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
}
