using Kindling.Evaluate.Checks;
using Kindling.Graphs;
using Kindling.Tasks;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Tests.Checks;

public sealed class FiniteDifferencesTests
{
    [OneTimeSetUp]
    public void Load() => _ = TorchNatives.Load();

    [Test]
    public void Compare_SmoothFunction_ComparesEntriesAndRestoresThem()
    {
        TensorCheck check = Compare([0.5, -1.5, 2], x => (x * x * x / 3).sum(), [0.25, 2.25, 4], out double[] after);

        Assert.That((check.Passed, check.Entries, check.Kinks.Count), Is.EqualTo((true, 3, 0)));
        Assert.That(after, Is.EqualTo(new[] { 0.5, -1.5, 2 }));
    }

    [Test]
    public void Compare_OneGradientWrong_NamesTheEntry()
    {
        TensorCheck check = Compare([0.5, -1.5, 2], x => (x * x * x / 3).sum(), [0.25, 2.25, 4.04], out _);

        Assert.That((check.Passed, check.Entries, check.LargestAt), Is.EqualTo((false, 3, 2)));
        Assert.That(check.LargestError, Is.EqualTo(0.04 / 4.04).Within(1e-6));
    }

    // The step is 1e-5: a kink at 0 itself, one within half a step, one beyond half a step, and one that is out of reach.
    [TestCase(0)]
    [TestCase(3e-6)]
    [TestCase(-8e-6)]
    public void Compare_ReluWithinAStep_IsAKinkAndNotAnError(double at)
    {
        TensorCheck check = Compare([at, 1], x => x.relu().sum(), [at > 0 ? 1 : 0, 1], out _);

        Assert.That(check.Kinks, Is.EqualTo(new[] { 0 }));
        Assert.That((check.Passed, check.Entries), Is.EqualTo((true, 1)));
    }

    [Test]
    public void Compare_ReluFartherThanAStep_IsCompared()
    {
        TensorCheck check = Compare([2e-5, 1], x => x.relu().sum(), [1, 1], out _);

        Assert.That((check.Passed, check.Entries, check.Kinks.Count), Is.EqualTo((true, 2, 0)));
    }

    [Test]
    public void Compare_NothingButKinks_DoesNotPass()
    {
        TensorCheck check = Compare([0], x => x.relu().sum(), [0], out _);

        Assert.That((check.Passed, check.Entries, check.LargestAt), Is.EqualTo((false, 0, -1)));
    }

    [Test]
    public void Compare_GradientNotANumber_NamesTheEntry()
    {
        Assert.That(
            () => Compare([1, 1], x => x.sum(), [1, double.NaN], out _),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("The gradient of 'x' is NaN at entry 1.")
        );
    }

    private static TensorCheck Compare(double[] at, Func<Tensor, Tensor> function, double[] gradient, out double[] after)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor x = tensor(at);
        FiniteDifferences differences = new(() => function(x).item<double>());
        TensorCheck check = differences.Compare("x", x, gradient, new SeededRandom(1));
        after = x.data<double>().ToArray();
        return check;
    }
}
