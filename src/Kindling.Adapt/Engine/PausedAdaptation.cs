using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>An interrupted adaptation in a file: how far it came, parameters and optimiser state there, and the best point so far.</summary>
internal sealed class PausedAdaptation
{
    private const string ResultPrefix = "result/";
    private const string DeltaPrefix = "delta/";
    private const string StatePrefix = "state/";
    private const string Losses = "losses";
    private const string Scores = "scores";
    private static readonly SealedFormat Format = new("kindling-paused", 1, "a paused adaptation");

    private readonly SealedFile _file;
    private readonly string _path;

    private PausedAdaptation(SealedFile file, string path, int steps)
    {
        _file = file;
        _path = path;
        Step = file.Number("step");
        ResultStep = file.Number("resultStep");
        Leader = file.Number("leader");
        if (Step > steps || ResultStep > Step || Leader > Step)
        {
            throw new BundleException(
                $"{path}: step {Step} of {steps} with the best at {ResultStep} and {Leader} is not a point of an adaptation."
            );
        }
    }

    /// <summary>The step to run next.</summary>
    internal int Step { get; }

    /// <summary>The step of the best point so far.</summary>
    internal int ResultStep { get; }

    /// <summary>The step that no later one has beaten.</summary>
    internal int Leader { get; }

    /// <summary>Losses of the steps before.</summary>
    internal float[] LossesSoFar => Tensor(Losses, Step).Values;

    /// <summary>Metric and loss of the validation set at the steps before, in turn.</summary>
    internal float[] ScoresSoFar => Tensor(Scores, 2 * Step).Values;

    internal static void Write(
        string path,
        string identity,
        int step,
        int resultStep,
        int leader,
        TensorSet delta,
        TensorSet state,
        TensorSet? result,
        IReadOnlyList<float> losses,
        IReadOnlyList<float> scores
    )
    {
        Dictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal)
        {
            [Losses] = new FloatTensor([losses.Count], [.. losses]),
            [Scores] = new FloatTensor([scores.Count], [.. scores]),
        };
        foreach ((string prefix, TensorSet? set) in new[] { (DeltaPrefix, delta), (StatePrefix, state), (ResultPrefix, result) })
        {
            foreach ((string name, FloatTensor tensor) in set?.ToDictionary() ?? [])
            {
                tensors[prefix + name] = tensor;
            }
        }

        SealedFile.Write(
            path,
            Format,
            tensors,
            new Dictionary<string, string>
            {
                ["identity"] = identity,
                ["step"] = step.ToString(CultureInfo.InvariantCulture),
                ["resultStep"] = resultStep.ToString(CultureInfo.InvariantCulture),
                ["leader"] = leader.ToString(CultureInfo.InvariantCulture),
            },
            invert: null
        );
    }

    /// <summary>Opens a file, if there is one.</summary>
    /// <exception cref="BundleException">It is damaged, or of another adaptation.</exception>
    internal static PausedAdaptation? Find(string path, string identity, int steps)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        SealedFile file = SealedFile.Read(path, Format);
        return file.Text("identity") == identity
            ? new PausedAdaptation(file, path, steps)
            : throw new BundleException(
                $"{path}: the paused adaptation is another one: of another bundle, other parameters of the learner, or another request. Delete the file to begin anew."
            );
    }

    /// <summary>What an adaptation is: SHA-256 over the bundle, the parameters that it starts from, and all that the request says but its time.</summary>
    internal static string Identity(Snapshot before, AdaptRequest request, int steps)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Numbers([bytes.Length]);
            hash.AppendData(bytes);
        }

        void Numbers(ReadOnlySpan<int> numbers) => hash.AppendData(MemoryMarshal.AsBytes(numbers));
        void Tensor(FloatTensor? tensor)
        {
            Numbers([tensor?.Rank ?? -1, .. (tensor?.Shape ?? [])]);
            hash.AppendData(MemoryMarshal.AsBytes((tensor?.Values).AsSpan()));
        }

        void Set(SupportSet? set)
        {
            Tensor(set?.Inputs);
            Tensor(set?.Targets);
            Numbers([set?.Classes.Count ?? -1, .. (set?.Labels ?? [])]);
            foreach (string name in set?.Classes ?? [])
            {
                Text(name);
            }
        }

        Text(before.Engine.Manifest.BaseIdentity);
        hash.AppendData(MemoryMarshal.AsBytes(before.Delta.All));
        Numbers([before.Heads.Classes.Length]);
        Array.ForEach(before.Heads.Classes, Text);
        Set(request.Support);
        Set(request.Validation);
        Text(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{request.HoldOut:R} {request.Metric} {request.Patience} {steps} {request.FromStart}"
            )
        );
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal void CopyTo(TensorSet delta, TensorSet state)
    {
        Fill(delta, DeltaPrefix);
        Fill(state, StatePrefix);
    }

    /// <summary>The best point so far; false where there is none.</summary>
    internal bool TryCopyResult(TensorSet result)
    {
        if (!_file.Tensors.Keys.Any(name => name.StartsWith(ResultPrefix, StringComparison.Ordinal)))
        {
            return false;
        }

        Fill(result, ResultPrefix);
        return true;
    }

    private void Fill(TensorSet set, string prefix)
    {
        foreach (TensorLayout.Entry entry in set.Layout.Entries)
        {
            set.Set(entry.Name, Tensor(prefix + entry.Name, entry.Count));
        }
    }

    private FloatTensor Tensor(string name, int count) =>
        _file.Tensors.TryGetValue(name, out FloatTensor? tensor) && tensor.Count == count
            ? tensor
            : throw new BundleException($"{_path}: expected a tensor '{name}' of {count} values, got {tensor?.ToString() ?? "none"}.");
}
