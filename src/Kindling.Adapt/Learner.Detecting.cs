using Kindling.Bundles;

namespace Kindling.Adapt;

/// <content>What detectors are asked for.</content>
public sealed partial class Learner
{
    /// <summary>Finds objects of the learner's classes in a picture. Objects of one class that overlap much count once (non-maximum suppression).</summary>
    /// <param name="image">The picture, prepared as the manifest says.</param>
    /// <param name="leastScore">Objects with a lower score are left out, 0 to 1.</param>
    /// <param name="mostOverlap">Intersection over union above which of two objects of one class only the better scored stays, 0 to 1.</param>
    /// <returns>At most 100 objects, best first, in pixels of the picture; none before the first adaptation, unless the bundle fixes its label space.</returns>
    /// <exception cref="ArgumentException">The model finds no objects.</exception>
    public IReadOnlyList<Detection> Detect(ImageInput image, float leastScore = 0.3f, float mostOverlap = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(image);
        RequireShare(leastScore, nameof(leastScore));
        RequireShare(mostOverlap, nameof(mostOverlap));
        DetectionGrid grid = _model.Manifest.ForObjects();
        (FloatTensor outputs, string[] classes) = Read(snapshot =>
            (Inference.Outputs(snapshot, _model.Manifest.Prepare(image, snapshot.Invert), 1), snapshot.Heads.Classes)
        );
        ImagePreprocessing pictures = _model.Manifest.ForPictures();
        return
        [
            .. grid.Decode(outputs.Values, classes, leastScore, mostOverlap)
                .Select(found => found with { Box = pictures.MapBack(image.Width, image.Height, found.Box) }),
        ];
    }

    private static void RequireShare(float value, string parameter)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw new ArgumentOutOfRangeException(parameter, value, "Expected a number from 0 to 1.");
        }
    }
}
