using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>How a text becomes examples of a language model: windows of bytes, each with the bytes that are to be predicted.</summary>
/// <remarks>
/// <para>
/// Byte b has the code b + 1, and 0 stands where there is none; bytes need not be UTF-8. Windows have <see cref="Length"/> positions and follow each other every
/// <see cref="Stride"/> bytes, so that every byte of the text is the target of exactly one window. The input at a position is the byte before its target; the
/// first <see cref="Context"/> positions have no target and show what stands before, nothing at the beginning of the text. A byte is thus predicted from the
/// <see cref="Context"/> to <see cref="Length"/> bytes before it, as far as the text has them.
/// </para>
/// <para>
/// <see cref="Orders"/> let a model copy from further away, as prediction by partial matching does (PPM, Cleary and Witten 1984): a position also shows, for each
/// order n, which bytes stood behind the last two earlier occurrences of the last n bytes, in the text so far and in what was read before it.
/// </para>
/// <para>Immutable and safe to use from several threads.</para>
/// </remarks>
public sealed partial class LanguagePreprocessing
{
    /// <summary>The default of <see cref="Length"/>.</summary>
    public const int DefaultLength = 160;

    /// <summary>The default of <see cref="Context"/>.</summary>
    public const int DefaultContext = 32;

    /// <summary>The largest <see cref="Length"/>.</summary>
    public const int MaximumLength = 1 << 12;

    /// <summary>The largest of <see cref="Orders"/>, and the most that there may be.</summary>
    public const int MaximumOrder = 32;

    /// <summary>Different codes: the 256 bytes and none.</summary>
    public const int CodeCount = 257;

    /// <summary>Earlier occurrences that each order shows.</summary>
    private const int Occurrences = 2;

    /// <summary>Positions of a window; 160 by default.</summary>
    public int Length { get; init; } = DefaultLength;

    /// <summary>Positions at the beginning of a window that only show what stands before its targets; 32 by default.</summary>
    public int Context { get; init; } = DefaultContext;

    /// <summary>Numbers of bytes whose earlier occurrences are looked up; none by default.</summary>
    public IReadOnlyList<int> Orders
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Bytes that a window predicts: <see cref="Length"/> without <see cref="Context"/>.</summary>
    [JsonIgnore]
    public int Stride => Length - Context;

    /// <summary>The shape of one input: <c>[length]</c>, or with <see cref="Orders"/> <c>[length, 1 + 2 orders]</c>.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Shape => Orders.Count == 0 ? [Length] : [Length, Codes];

    /// <summary>Codes that a position shows.</summary>
    private int Codes => 1 + (Occurrences * Orders.Count);

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Length is < 1 or > MaximumLength)
        {
            faults.Add($"length must be between 1 and {MaximumLength}, got {Length}.");
        }

        if (Context < 0 || Context >= Length)
        {
            faults.Add($"context must be at least 0 and below length, {Length}, got {Context}.");
        }

        if (Orders.Count > MaximumOrder || Orders.Any(order => order is < 1 or > MaximumOrder) || Orders.Distinct().Count() < Orders.Count)
        {
            faults.Add($"orders must be different numbers between 1 and {MaximumOrder}, got [{string.Join(", ", Orders)}].");
        }

        return faults;
    }

    /// <summary>Windows that predict so many bytes.</summary>
    public int WindowsOf(int bytes) => (bytes + Stride - 1) / Stride;

    /// <summary>Cuts a text into windows.</summary>
    /// <param name="text">The bytes, UTF-8 or any others.</param>
    /// <param name="before">What was read before, such as the text that a learner was adapted to: <see cref="Orders"/> look there too.</param>
    /// <returns>Codes that are seen, <c>[windows, ..shape]</c>, and codes that are to be predicted, <c>[windows, length]</c>.</returns>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public (FloatTensor Inputs, FloatTensor Targets) Windows(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before = default)
    {
        if (text.IsEmpty)
        {
            throw new ArgumentException("Expected a text, got an empty one.", nameof(text));
        }

        int count = WindowsOf(text.Length);
        float[] x = new float[count * Length * Codes];
        float[] y = new float[count * Length];
        ReadOnlySpan<byte> all = [.. before, .. text];
        for (int i = 0; i < count; i++)
        {
            Write(all, before.Length, i * Stride, x.AsSpan(i * Length * Codes, Length * Codes), y.AsSpan(i * Length, Length));
        }

        return (new FloatTensor([count, .. Shape], x), new FloatTensor([count, Length], y));
    }

    /// <summary>The input that asks what comes behind a text, of which it shows as much as it has room for.</summary>
    /// <param name="text">The text, which may be empty.</param>
    /// <param name="before">What was read before.</param>
    /// <returns>One input, and the position at which a model says what it expects behind the text.</returns>
    public (FloatTensor Input, int Position) End(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before = default)
    {
        int position = Math.Min(Context + text.Length, Length - 1);
        float[] x = new float[Length * Codes];
        ReadOnlySpan<byte> all = [.. before, .. text];
        for (int p = position, at = text.Length; p >= 0 && at >= 0; p--, at--)
        {
            Show(all, before.Length, before.Length + at, x.AsSpan(p * Codes, Codes));
        }

        return (new FloatTensor([.. Shape], x), position);
    }

    /// <summary>Writes one window.</summary>
    /// <param name="all">What was read before, then the text.</param>
    /// <param name="start">Where the text begins.</param>
    /// <param name="first">The first byte of the text that the window predicts.</param>
    /// <param name="x">Gets the input.</param>
    /// <param name="y">Gets the targets.</param>
    internal void Write(ReadOnlySpan<byte> all, int start, int first, Span<float> x, Span<float> y)
    {
        for (int p = 0; p < Length; p++)
        {
            int at = start + first - Context + p;
            if (at >= start && at <= all.Length)
            {
                Show(all, start, at, x.Slice(p * Codes, Codes));
            }

            y[p] = p >= Context && at < all.Length ? all[at] + 1 : 0;
        }
    }

    // What the bytes before one say about it. An earlier occurrence ends before it, so that nothing of the byte itself is seen.
    private void Show(ReadOnlySpan<byte> all, int start, int at, Span<float> codes)
    {
        codes[0] = at > start ? all[at - 1] + 1 : 0;
        for (int o = 0; o < Orders.Count; o++)
        {
            int order = Orders[o];
            Span<float> found = codes.Slice(1 + (o * Occurrences), Occurrences);
            found.Clear();
            int end = at;
            for (int k = 0; k < Occurrences && at - order >= start; k++)
            {
                int earlier = all[..(end - 1)].LastIndexOf(all[(at - order)..at]);
                if (earlier < 0)
                {
                    break;
                }

                end = earlier + order;
                found[k] = all[end] + 1;
            }
        }
    }
}
