using System.Security.Cryptography;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Tasks.Control;

/// <summary>What families of worlds have in common.</summary>
/// <param name="name">The type as recipes name it.</param>
/// <param name="definition">What tasks are, in words; the data's hash is made of it.</param>
/// <param name="observations">Numbers that are seen.</param>
/// <param name="actions">Numbers in an action.</param>
/// <param name="horizon">Most steps of an episode.</param>
internal abstract class ControlFamily(string name, string definition, int observations, int actions, int horizon) : IControlFamily
{
    private static readonly PolicyGradient Advantages = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsClassification => false;

    /// <inheritdoc/>
    public IReadOnlyList<int> InputShape { get; } = [observations];

    /// <inheritdoc/>
    public int OutputCount => 2 * actions;

    /// <inheritdoc/>
    public int ActionCount => actions;

    /// <inheritdoc/>
    public int Horizon => horizon;

    /// <inheritdoc/>
    public abstract bool SeesPlace { get; }

    /// <inheritdoc/>
    public string DataHash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition)));

    /// <inheritdoc/>
    public IReadOnlyList<string> Licences => [];

    /// <inheritdoc/>
    public Preprocessing Preprocessing => Preprocessing.None;

    /// <inheritdoc/>
    public abstract IEnvironment Create(Split split, SeededRandom random);

    /// <inheritdoc/>
    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        if (shape.Ways != 1)
        {
            throw new ArgumentException($"{name}: a world has one way, got {shape.Ways}.", nameof(shape));
        }

        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        ulong task = own.NextUInt64();
        FloatTensor still = FloatTensor.Zeros(Math.Max(shape.Shots, shape.Queries), OutputCount);
        (FloatTensor supportX, FloatTensor supportY) = Live(shape.Shots);
        (FloatTensor queryX, FloatTensor queryY) = Live(shape.Queries);
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
        };

        (FloatTensor X, FloatTensor Y) Live(int episodes) =>
            Advantages.Examples(
                Rollouts.Collect(this, () => Create(split, new SeededRandom(task)), _ => still, episodes, own.NextUInt64()),
                horizon
            );
    }

    /// <inheritdoc/>
    public JointData Joint(Split split) =>
        throw new BundleException(
            $"tasks.type: '{name}' has no examples to pool; train a recipe with algorithm.type joint instead of the baseline."
        );
}
