using Kindling.Bundles;

namespace Kindling.Adapt;

/// <content>What detectors are asked for.</content>
public sealed partial class Learner
{
    /// <summary>Finds objects of the learner's classes in a picture. Objects of one class that overlap much count once (non-maximum suppression).</summary>
    /// <param name="image">The picture, prepared as the manifest says.</param>
    /// <param name="leastScore">Objects with a lower score are left out, 0 to 1.</param>
    /// <param name="mostOverlap">Intersection over union above which of two objects of one class only the better scored stays, 0 to 1.</param>
    /// <returns>At most 100 objects, best first, in pixels of the picture; before the first adaptation the numbers of class slots are their names.</returns>
    /// <exception cref="ArgumentException">The model finds no objects, or a number is out of its range.</exception>
    public IReadOnlyList<Detection> Detect(ImageInput image, float leastScore = 0.3f, float mostOverlap = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(image);
        ImagePreprocessing pictures = _model.Manifest.ForPictures();
        return
        [
            .. Detect(snapshot => _model.Manifest.Prepare(image, snapshot.Invert), leastScore, mostOverlap)
                .Select(found => found with { Box = pictures.MapBack(image.Width, image.Height, found.Box) })
                // what lies in the padding is not in the picture
                .Where(found => found.Box.Area > 0),
        ];
    }

    /// <summary>Finds objects in a prepared picture, as <see cref="Detect(ImageInput, float, float)"/> in a picture; boxes are in pixels of the model's input.</summary>
    /// <param name="input">Shape of one input, with or without a leading batch of 1.</param>
    /// <param name="leastScore">Objects with a lower score are left out, 0 to 1.</param>
    /// <param name="mostOverlap">Intersection over union above which of two objects of one class only the better scored stays, 0 to 1.</param>
    /// <exception cref="ArgumentException">The model finds no objects, a number is out of its range, or the input has another shape or is not finite.</exception>
    public IReadOnlyList<Detection> Detect(FloatTensor input, float leastScore = 0.3f, float mostOverlap = 0.5f) =>
        Detect(_ => input, leastScore, mostOverlap);

    private IReadOnlyList<Detection> Detect(Func<Snapshot, FloatTensor> prepare, float leastScore, float mostOverlap)
    {
        RequireShare(leastScore, nameof(leastScore));
        RequireShare(mostOverlap, nameof(mostOverlap));
        DetectionGrid grid = _model.Manifest.ForObjects();
        (FloatTensor outputs, string[] classes) = Read(snapshot =>
        {
            FloatTensor input = prepare(snapshot);
            _ = InputCheck.FiniteBatch(_model.Manifest, input, single: true, nameof(input));
            return (Inference.Outputs(snapshot, input, 1), snapshot.Heads.Names);
        });
        return grid.Decode(outputs.Values, classes, leastScore, mostOverlap);
    }

    private static void RequireShare(float value, string parameter)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw new ArgumentOutOfRangeException(parameter, value, "Expected a number from 0 to 1.");
        }
    }
}
