using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Cli.Drafting;

/// <summary>What a folder of class folders holds, as far as a recipe depends on it. Sizes and colours are those of a sample of the pictures.</summary>
internal sealed record PictureSurvey
{
    private const int SampleSize = 60;

    /// <summary>A pixel whose channels differ by more than this is coloured; JPEG alone makes grey pictures differ by a few.</summary>
    private const int LeastChroma = 40;

    /// <summary>A picture with this share of coloured pixels is a colour picture.</summary>
    private const double LeastColouredShare = 0.02;

    public required GroupSizes Classes { get; init; }

    /// <summary>The smallest, the median and the largest of the larger sides, in pixels.</summary>
    public required (int Least, int Median, int Most) Sides { get; init; }

    /// <summary>Whether most pictures have colours.</summary>
    public required bool IsColour { get; init; }

    /// <summary>Looks at a folder.</summary>
    /// <exception cref="BundleException">It is no folder of class folders, or a picture of the sample is damaged.</exception>
    public static PictureSurvey Of(string folder)
    {
        ClassFolder listing = ClassFolder.OfPictures(folder);
        string[] files = [.. listing.Classes.SelectMany(c => c.Files)];
        int count = Math.Min(SampleSize, files.Length);
        // Evenly over the list, hence over the classes.
        ImageInput[] sample = [.. Enumerable.Range(0, count).Select(i => ImageFiles.Decode(files[(int)((long)i * files.Length / count)]))];
        int[] sides = [.. sample.Select(i => Math.Max(i.Width, i.Height)).Order()];
        return new PictureSurvey
        {
            Classes = GroupSizes.Of(listing.Classes.Select(c => (c.Name, c.Files.Count))),
            Sides = (sides[0], sides[sides.Length / 2], sides[^1]),
            IsColour = sample.Count(HasColours) * 2 > sample.Length,
        };
    }

    private static bool HasColours(ImageInput image)
    {
        if (!image.IsColour)
        {
            return false;
        }

        byte[] rgba = new byte[image.Width * image.Height * 4];
        image.CopyTo(rgba);
        int coloured = 0;
        for (int i = 0; i < rgba.Length; i += 4)
        {
            byte most = Math.Max(rgba[i], Math.Max(rgba[i + 1], rgba[i + 2]));
            byte least = Math.Min(rgba[i], Math.Min(rgba[i + 1], rgba[i + 2]));
            coloured += most - least > LeastChroma ? 1 : 0;
        }

        return coloured > LeastColouredShare * image.Width * image.Height;
    }
}
