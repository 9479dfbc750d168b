namespace Kindling.Adapt;

/// <summary>How well a language model predicts a text.</summary>
public sealed class TextScore
{
    /// <summary>Bytes of the text.</summary>
    public required int Bytes { get; init; }

    /// <summary>Bits that a byte takes on average: the mean of -log2 of its probability. 8 for a model that knows nothing.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Among how many equally likely bytes the model would be as unsure, on average: 2 to the power of <see cref="BitsPerByte"/>.</summary>
    public double Perplexity => Math.Pow(2, BitsPerByte);
}
