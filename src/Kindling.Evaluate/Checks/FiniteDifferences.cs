using System.Runtime.InteropServices;
using Kindling.Graphs;
using Kindling.Tasks;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Checks;

/// <summary>
/// Compares gradients of a function in double precision with central differences, entry by entry: |a - n| / scale, where the scale is the largest
/// of |a|, |n|, a tenth of the tensor's largest gradient, and 1e-4 times max(1, |f|).
/// </summary>
/// <remarks>
/// Why 1e-5 is the threshold: with a step of 1e-5 the truncation of a central difference is near 1e-10, and the rounding of f leaves about
/// 1e-10 max(1, |f|), which is 1e-6 of the smallest scale. So 1e-5 stands an order above what a right gradient can show, and two orders below a
/// gradient that is 0.1 % wrong.
/// An entry that disagrees is looked at with half the step before it counts as wrong: where f is smooth the central difference stays and the
/// difference of the one-sided slopes halves; where a ReLU or a maximum changes sides within the step, one of the two does not.
/// </remarks>
internal sealed class FiniteDifferences
{
    /// <summary>Largest relative error of a right gradient.</summary>
    public const double Threshold = 1e-5;

    private const double Step = 1e-5;
    private const double SharedFloor = 0.1;
    private const double AbsoluteFloor = 1e-4;
    private const int Samples = 8;
    private const int Attempts = 4 * Samples;

    private readonly Func<double> function;
    private readonly double value;

    /// <summary>Looks at a function of tensors that can be changed in place.</summary>
    /// <exception cref="GraphException">The function is not finite.</exception>
    public FiniteDifferences(Func<double> function)
    {
        this.function = function;
        value = function();
        if (!double.IsFinite(value))
        {
            throw new GraphException($"The loss is {value} at the parameters that are checked.");
        }
    }

    /// <summary>Checks the entry with the largest gradient and others drawn at random; entries at kinks are replaced.</summary>
    /// <param name="name">What the tensor is called.</param>
    /// <param name="tensor">The tensor, of doubles; as before when the call returns.</param>
    /// <param name="gradient">The gradient to check.</param>
    /// <param name="random">Chooses the entries.</param>
    /// <exception cref="GraphException">A gradient is not finite.</exception>
    public TensorCheck Compare(string name, Tensor tensor, double[] gradient, SeededRandom random)
    {
        int faulty = Array.FindIndex(gradient, g => !double.IsFinite(g));
        if (faulty >= 0)
        {
            throw new GraphException($"The gradient of '{name}' is {gradient[faulty]} at entry {faulty}.");
        }

        double largest = gradient.Max(Math.Abs);
        double floor = Math.Max(SharedFloor * largest, AbsoluteFloor * Math.Max(1, Math.Abs(value)));
        int first = Array.FindIndex(gradient, g => Math.Abs(g) == largest);
        IEnumerable<int> entries = random
            .Sample(gradient.Length, Math.Min(Attempts, gradient.Length))
            .Where(e => e != first)
            .Prepend(first);
        List<int> kinks = [];
        int compared = 0;
        (double Error, int At) worst = (0, -1);
        foreach (int entry in entries)
        {
            if (Error(tensor, entry, gradient[entry], floor) is not { } error)
            {
                kinks.Add(entry);
                continue;
            }

            worst = worst.At < 0 || error > worst.Error ? (error, entry) : worst;
            if (++compared == Samples)
            {
                break;
            }
        }

        return new()
        {
            Name = name,
            Entries = compared,
            LargestError = worst.Error,
            LargestAt = worst.At,
            Kinks = kinks,
        };
    }

    // null at a kink
    private double? Error(Tensor tensor, int entry, double gradient, double floor)
    {
        (double plus, double minus) = (At(tensor, entry, Step), At(tensor, entry, -Step));
        double central = (plus - minus) / (2 * Step);
        double difference = Math.Abs(gradient - central);
        double error = difference / Math.Max(floor, Math.Max(Math.Abs(gradient), Math.Abs(central)));
        if (error <= Threshold)
        {
            return error;
        }

        (double nearPlus, double nearMinus) = (At(tensor, entry, Step / 2), At(tensor, entry, -Step / 2));
        double nearCentral = (nearPlus - nearMinus) / Step;
        double bend = Math.Abs(plus - (2 * value) + minus) / Step;
        double nearBend = Math.Abs(nearPlus - (2 * value) + nearMinus) / (Step / 2);
        bool moves = Math.Abs(central - nearCentral) > 0.1 * difference;
        bool bends = bend > 0.1 * difference && nearBend > 0.75 * bend;
        return moves || bends ? null : error;
    }

    private double At(Tensor tensor, int entry, double offset)
    {
        double kept = MemoryMarshal.Cast<byte, double>(tensor.bytes)[entry];
        MemoryMarshal.Cast<byte, double>(tensor.bytes)[entry] = kept + offset;
        try
        {
            return function();
        }
        finally
        {
            MemoryMarshal.Cast<byte, double>(tensor.bytes)[entry] = kept;
        }
    }
}
