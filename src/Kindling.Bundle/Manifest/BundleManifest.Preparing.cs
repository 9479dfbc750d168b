namespace Kindling.Bundles;

public sealed partial record BundleManifest
{
    /// <summary>Prepares a picture: one input of the model.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="invert">Another rule of inversion than the bundle's; null takes the bundle's.</param>
    /// <exception cref="ArgumentException">The model takes no pictures.</exception>
    public FloatTensor Prepare(ImageInput image, ImageInversion? invert = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new FloatTensor(InputShape(), ForPictures(invert).Apply(image).Values);
    }

    /// <summary>How pictures are prepared.</summary>
    /// <param name="invert">Another rule of inversion than the bundle's; null takes the bundle's.</param>
    /// <exception cref="ArgumentException">The model takes no pictures.</exception>
    public ImagePreprocessing ForPictures(ImageInversion? invert = null)
    {
        ImagePreprocessing preprocessing =
            Preprocessing.Image ?? throw new ArgumentException($"'{Name}' takes no pictures; its preprocessing is '{Preprocessing.Kind}'.");
        return invert is { } rule ? preprocessing.WithInvert(rule) : preprocessing;
    }

    /// <summary>Prepares a row of a table, its values in the order of the model's columns: one input of the model.</summary>
    /// <exception cref="ArgumentException">The model takes no tables, or the row has another length.</exception>
    public FloatTensor Prepare(ReadOnlySpan<float> row)
    {
        TablePreprocessing preprocessing =
            Preprocessing.Table
            ?? throw new ArgumentException($"'{Name}' takes no tables; its preprocessing is '{Preprocessing.Kind}'.", nameof(row));
        float[] values = new float[preprocessing.Columns.Count];
        preprocessing.Apply(row, values);
        return new FloatTensor(InputShape(), values);
    }

    /// <summary>Prepares a text: one input of the model.</summary>
    /// <exception cref="ArgumentException">The model takes no texts, or the text is empty or no valid Unicode.</exception>
    public FloatTensor Prepare(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new FloatTensor(InputShape(), ForTexts().Apply(text).Values);
    }

    /// <summary>How texts are prepared.</summary>
    /// <exception cref="ArgumentException">The model takes no texts.</exception>
    public TextPreprocessing ForTexts() =>
        Preprocessing.Text ?? throw new ArgumentException($"'{Name}' takes no texts; its preprocessing is '{Preprocessing.Kind}'.");

    /// <summary>Prepares a recording: one input of the model.</summary>
    /// <exception cref="ArgumentException">The model takes no recordings.</exception>
    public FloatTensor Prepare(AudioInput audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        return new FloatTensor(InputShape(), ForAudio().Apply(audio).Values);
    }

    /// <summary>How recordings are prepared.</summary>
    /// <exception cref="ArgumentException">The model takes no recordings.</exception>
    public AudioPreprocessing ForAudio() =>
        Preprocessing.Audio ?? throw new ArgumentException($"'{Name}' takes no recordings; its preprocessing is '{Preprocessing.Kind}'.");

    /// <summary>How texts become examples of a language model.</summary>
    /// <exception cref="ArgumentException">The model is no language model of bytes.</exception>
    public LanguagePreprocessing ForLanguage() =>
        Preprocessing.Language ?? throw new ArgumentException($"'{Name}' continues no texts; its preprocessing is '{Preprocessing.Kind}'.");

    /// <summary>How objects in a prepared picture are numbers.</summary>
    /// <exception cref="ArgumentException">The model finds no objects.</exception>
    public DetectionGrid ForObjects() =>
        Output.Grid is { } grid
            ? new DetectionGrid(grid.Columns * DetectionGrid.Cell, grid.Rows * DetectionGrid.Cell, Output.Count)
            : throw new ArgumentException($"'{Name}' finds no objects; its task is {Task}.");

    private int[] InputShape() => [.. Input.Shape.Skip(1).Select(size => size!.Value)];
}
