using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Control;

/// <summary>
/// 2-D navigation that is shown instead of rewarded, after the imitation of demonstrations of another domain in Yu et al. 2018 (DAML). An input is (x, y, seen x, seen y).
/// In the support set a demonstrator goes to the goal, and is seen as another domain shows it: from the side (a quarter turn), at half size, in a frame whose origin d is uniform in
/// [-1, 1]^2 and the same for all examples of the task; its places are as many as there are examples, at equal distances from 0 to the goal, each blurred by 0.02 (normal), and x = y = 0. No example says
/// what it did. In the query set the point is anywhere in [-0.6, 0.6]^2, nothing is seen, and the target is the step towards the goal in units of 0.1, cut to [-1, 1]. The support set
/// has the same step from each of the demonstrator's places as targets all the same, for comparison.
/// </summary>
internal sealed class NavigationDemonstrationFamily : IActingFamily
{
    private const int Width = 4;
    private const float Around = 0.6f;
    private const double Blur = 0.02;

    public string Name => "navigation-demonstration";

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; } = [Width];

    public int OutputCount => 2;

    public bool SeesPlace => true;

    public int Horizon => NavigationWorld.Horizon;

    public string DataHash { get; } =
        ContentHash.OfText(
            "navigation-demonstration 1: navigation 1, support (0, 0, turned by 90 degrees, halved and moved by d in [-1, 1]^2, blurred by 0.02), query (x, y in [-0.6, 0.6]^2, 0, 0), targets (goal - place) / 0.1 cut to 1"
        );

    public IReadOnlyList<string> Licences => [];

    public Preprocessing Preprocessing { get; } = Preprocessing.ForTable(TablePreprocessing.Plain("x", "y", "seen x", "seen y"));

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        if (shape.Ways != 1)
        {
            throw new ArgumentException($"{Name} is a regression: ways must be 1, got {shape.Ways}.", nameof(shape));
        }

        (SeededRandom own, (float X, float Y) goal) = Draw(split, random);
        (float dx, float dy) = (own.NextSingle(-1, 1), own.NextSingle(-1, 1));
        List<float> seen = [];
        List<float> strides = [];
        for (int t = 0; t < shape.Shots; t++)
        {
            float done = shape.Shots == 1 ? 1 : (float)t / (shape.Shots - 1);
            (float x, float y) = (
                (done * goal.X) + (float)(Blur * own.NextGaussian()),
                (done * goal.Y) + (float)(Blur * own.NextGaussian())
            );
            seen.AddRange([0, 0, (-y / 2) + dx, (x / 2) + dy]);
            strides.AddRange([Towards(goal.X - x), Towards(goal.Y - y)]);
        }

        FloatTensor queryX = FloatTensor.Zeros(shape.Queries, Width);
        FloatTensor queryY = FloatTensor.Zeros(shape.Queries, OutputCount);
        for (int i = 0; i < shape.Queries; i++)
        {
            Ask(goal, own, queryX.Values.AsSpan(i * Width, Width), queryY.Values.AsSpan(i * OutputCount, OutputCount));
        }

        return new Episode
        {
            SupportX = new FloatTensor([shape.Shots, Width], [.. seen]),
            SupportY = new FloatTensor([shape.Shots, OutputCount], [.. strides]),
            QueryX = queryX,
            QueryY = queryY,
        };
    }

    public IEnvironment World(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        (_, (float x, float y)) = Draw(split, random);
        return new Acted(new NavigationWorld(x, y));
    }

    public JointData Joint(Split split) => new Pooled(split);

    private static (SeededRandom Own, (float X, float Y) Goal) Draw(Split split, SeededRandom random)
    {
        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        return (own, NavigationWorld.Draw(own).Goal);
    }

    private static void Ask((float X, float Y) goal, SeededRandom random, Span<float> x, Span<float> y)
    {
        x.Clear();
        (x[0], x[1]) = (random.NextSingle(-Around, Around), random.NextSingle(-Around, Around));
        (y[0], y[1]) = (Towards(goal.X - x[0]), Towards(goal.Y - x[1]));
    }

    private static float Towards(float distance) => Math.Clamp(distance / NavigationWorld.Reach, -1, 1);

    /// <summary>The world of the point, with inputs as the query set has them.</summary>
    private sealed class Acted(NavigationWorld world) : IEnvironment
    {
        public void Reset(SeededRandom random, Span<float> observation)
        {
            observation.Clear();
            world.Reset(random, observation);
        }

        public (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation) =>
            world.Step([action[0] * NavigationWorld.Reach, action[1] * NavigationWorld.Reach], observation);
    }

    /// <summary>Query examples of all goals.</summary>
    private sealed class Pooled(Split split) : JointData
    {
        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            (SeededRandom own, (float X, float Y) goal) = Draw(split, random);
            Ask(goal, own, x, y);
        }
    }
}
