using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>A distribution of related tasks, split into training, validation and test. Thread-safe.</summary>
public interface ITaskFamily
{
    /// <summary>The type as recipes name it, as in <c>omniglot</c>.</summary>
    string Name { get; }

    /// <summary>Classification, else regression.</summary>
    bool IsClassification { get; }

    /// <summary>The shape of one input, without the batch: <c>[1, 28, 28]</c>, <c>[1]</c>.</summary>
    IReadOnlyList<int> InputShape { get; }

    /// <summary>Regression: numbers in one target; detection: class slots; classification: 0, for it depends on the ways.</summary>
    int OutputCount { get; }

    /// <summary>SHA-256 (lower-case hex) of the content that tasks are made of, or of the generator's definition.</summary>
    string DataHash { get; }

    /// <summary>Licence and credit lines of the data; empty for generated data and for the user's own.</summary>
    IReadOnlyList<string> Licences { get; }

    /// <summary>What an app must do to raw input so that it looks like this family's.</summary>
    Preprocessing Preprocessing { get; }

    /// <summary>Draws one task. A pure function of its arguments.</summary>
    /// <exception cref="ArgumentException">The shape is not positive, or a regression or detection has more than one way.</exception>
    /// <exception cref="BundleException">The split has too few classes or a class too few examples for the shape.</exception>
    Episode Sample(Split split, EpisodeShape shape, SeededRandom random);

    /// <summary>All of a split as one joint problem, for joint pre-training.</summary>
    JointData Joint(Split split);
}
