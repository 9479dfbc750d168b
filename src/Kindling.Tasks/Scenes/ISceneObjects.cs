using Kindling.Bundles;

namespace Kindling.Tasks.Scenes;

/// <summary>The objects that scenes are composed of: classes of a split. Thread-safe.</summary>
internal interface ISceneObjects
{
    /// <summary>Most objects of a scene unless a recipe says otherwise.</summary>
    int MostObjects { get; }

    /// <summary>1 or 3.</summary>
    int Channels { get; }

    /// <summary>Whether a scene of the support set shows more than each class once.</summary>
    bool IsDense { get; }

    /// <summary>Intersection over union that two objects may have.</summary>
    float MostOverlap { get; }

    /// <summary>Number of classes.</summary>
    int Count(Split split);

    /// <summary>Begins a scene: its ground, and what lies about on it and is no object.</summary>
    void Ground(Split split, SceneCanvas canvas, SeededRandom random);

    /// <summary>How large the next object of a class is: the side of its square in shares of the picture's.</summary>
    float Side(Split split, int number, SeededRandom random);

    /// <summary>Draws an object into a square.</summary>
    /// <param name="split">The split.</param>
    /// <param name="number">The class.</param>
    /// <param name="half">Where a class has no more than some drawings: the half of them, 0 or 1, that this one is of; nothing for any of them.</param>
    /// <param name="canvas">The scene.</param>
    /// <param name="square">The square.</param>
    /// <param name="random">What decides all else.</param>
    /// <returns>Its box.</returns>
    Box Draw(Split split, int number, int? half, SceneCanvas canvas, Box square, SeededRandom random);
}
