using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using CsvHelper;
using CsvHelper.Configuration;
using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// Activities of new users (Matey-Sanz, Casteleyn and Granell 2023): one task a user, five activities, windows of 64 samples (0.6 s) of a phone's acceleration
/// and rotation. What a user did in two executions is the support set, the query set comes from the others: the first two for validation and test, any two
/// in training. No window of an execution is on both sides.
/// </summary>
/// <remarks>
/// One input is [6, 64, 1]: acceleration with gravity in units of 9.81 m/s^2, then rotation in rad/s, along three axes each. Windows begin every 32 samples and
/// carry the label of at least three quarters of their samples; others are left out. The users of the splits are fixed. Where a class has fewer windows
/// than are asked for, they are taken again in turn. The data hash is SHA-256 over users, executions, labels and the samples of all windows.
/// </remarks>
internal sealed class HarFamily : ITaskFamily, IShapeCheck
{
    private const string SetName = "har_geotec";
    private const int Window = 64;
    private const int Stride = 32;
    private const int Channels = 6;
    private const int Size = Channels * Window;
    private const int SupportExecutions = 2;
    private const double Majority = 0.75;
    private const float Gravity = 9.81f;

    private const string Remedy =
        "`make data` does not bring this set: models/har-new-user/CARD.md says where it comes from and how its files look. Name the folder that holds har_geotec/ with --data or KINDLING_DATA.";

    private static readonly string[] Activities = ["SEATED", "SITTING_DOWN", "STANDING_UP", "TURNING", "WALKING"];

    private static readonly string[][] Users =
    [
        ["s01", "s02", "s03", "s05", "s06", "s07", "s08", "s10", "s11", "s12", "s14"],
        ["s15", "s16", "s17"],
        ["s19", "s20", "s21", "s22", "s23"],
    ];

    private readonly float[] _samples;
    private readonly User[][] _splits;

    private HarFamily(float[] samples, User[][] splits, string hash)
    {
        _samples = samples;
        _splits = splits;
        DataHash = hash;
    }

    public string Name => SetName;

    public bool IsClassification => true;

    public IReadOnlyList<int> InputShape { get; } = [Channels, Window, 1];

    public int OutputCount => 0;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences { get; } =
    ["Smartphone and smartwatch HAR data set of GeoTec (Matey-Sanz, Casteleyn and Granell 2023, doi 10.5281/zenodo.8398688): CC BY 4.0"];

    public Preprocessing Preprocessing => Preprocessing.None;

    public static HarFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Path.Combine(dataRoot, spec.Source ?? SetName);
        List<float> samples = [];
        using ContentHash hash = new();
        User[][] splits = [.. Users.Select(users => users.Select(user => Read(folder, user, samples, hash)).ToArray())];
        return new HarFamily([.. samples], splits, hash.Finish());
    }

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        Require(split, shape);
        User[] users = _splits[(int)split];
        User user = users[random.NextInt(users.Length)];
        int[] order = [.. Enumerable.Range(0, user.Executions.Count)];
        if (split == Split.Train)
        {
            // again where a short activity has no whole window on one of the sides
            do
            {
                random.Shuffle<int>(order);
            } while (!IsWhole(user.Executions, order));
        }

        (FloatTensor supportX, FloatTensor supportY) = Draw(user, order[..SupportExecutions], shape.Shots, random);
        (FloatTensor queryX, FloatTensor queryY) = Draw(user, order[SupportExecutions..], shape.Queries, random);
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
            Classes = Activities,
        };
    }

    public JointData Joint(Split split)
    {
        User[] users = _splits[(int)split];
        int[][] windows =
        [
            .. Enumerable.Range(0, Activities.Length).Select(a => users.SelectMany(u => u.Executions.SelectMany(e => e[a])).ToArray()),
        ];
        return new JointWindows(_samples, windows);
    }

    public void Require(Split split, EpisodeShape shape)
    {
        if (shape.Ways != Activities.Length)
        {
            throw new BundleException(
                $"{SetName}: a task has the {Activities.Length} activities {string.Join(", ", Activities)}, so ways must be {Activities.Length}, got {shape.Ways}."
            );
        }
    }

    private (FloatTensor X, FloatTensor Y) Draw(User user, int[] executions, int count, SeededRandom random)
    {
        float[] x = new float[Activities.Length * count * Size];
        float[] y = new float[Activities.Length * count];
        for (int a = 0; a < Activities.Length; a++)
        {
            int[] windows = [.. executions.SelectMany(e => user.Executions[e][a])];
            random.Shuffle<int>(windows);
            for (int i = 0; i < count; i++)
            {
                int at = (a * count) + i;
                y[at] = a;
                Fill(_samples, windows[i % windows.Length], x.AsSpan(at * Size, Size));
            }
        }

        return (new FloatTensor([y.Length, Channels, Window, 1], x), new FloatTensor([y.Length], y));
    }

    private static User Read(string folder, string user, List<float> samples, ContentHash hash)
    {
        string path = Path.Combine(folder, $"{user}.csv.gz");
        if (!File.Exists(path))
        {
            throw new BundleException($"{SetName}: '{path}' is not there. {Remedy}");
        }

        List<(int Execution, float[] Values, int Activity)> rows = Rows(path);
        List<List<int>[]> executions = [];
        hash.Add(user);
        foreach (IGrouping<int, (int Execution, float[] Values, int Activity)> execution in rows.GroupBy(r => r.Execution))
        {
            (int, float[] Values, int Activity)[] all = [.. execution];
            List<int>[] windows = [.. Activities.Select(_ => new List<int>())];
            for (int from = 0; from + Window <= all.Length; from += Stride)
            {
                int activity = Label(all.AsSpan(from, Window));
                if (activity < 0)
                {
                    continue;
                }

                windows[activity].Add(samples.Count / Size);
                for (int c = 0; c < Channels; c++)
                {
                    for (int t = 0; t < Window; t++)
                    {
                        samples.Add(all[from + t].Values[c]);
                    }
                }

                hash.Add(execution.Key);
                hash.Add(activity);
                hash.Add(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(samples)[^Size..]));
            }

            executions.Add(windows);
        }

        return executions.Count > SupportExecutions && IsWhole(executions, [.. Enumerable.Range(0, executions.Count)])
            ? new User(user, executions)
            : throw new BundleException(
                $"{SetName}: '{path}' has {Words.Count(executions.Count, "execution")}; expected windows of every activity in the first {SupportExecutions} and in those behind them."
            );
    }

    private static bool IsWhole(List<List<int>[]> executions, int[] order) =>
        Enumerable
            .Range(0, Activities.Length)
            .All(a =>
                order[..SupportExecutions].Any(e => executions[e][a].Count > 0)
                && order[SupportExecutions..].Any(e => executions[e][a].Count > 0)
            );

    private static void Fill(float[] samples, int window, Span<float> destination) =>
        samples.AsSpan(window * Size, Size).CopyTo(destination);

    private static int Label(ReadOnlySpan<(int, float[] Values, int Activity)> window)
    {
        Span<int> counts = stackalloc int[Activities.Length];
        foreach ((_, _, int activity) in window)
        {
            counts[activity]++;
        }

        for (int a = 0; a < counts.Length; a++)
        {
            if (counts[a] >= Majority * Window)
            {
                return a;
            }
        }

        return -1;
    }

    private static List<(int Execution, float[] Values, int Activity)> Rows(string path)
    {
        List<(int, float[], int)> rows = [];
        try
        {
            using FileStream file = File.OpenRead(path);
            using GZipStream unpacked = new(file, CompressionMode.Decompress);
            using StreamReader reader = new(unpacked);
            using CsvParser parser = new(reader, new CsvConfiguration(CultureInfo.InvariantCulture));
            string[] expected = ["exec", "device", "t_ms", "ax", "ay", "az", "gx", "gy", "gz", "label"];
            if (!parser.Read() || !parser.Record!.SequenceEqual(expected))
            {
                throw new BundleException($"'{path}': expected the columns {string.Join(", ", expected)}.");
            }

            while (parser.Read())
            {
                string[] record = parser.Record!;
                if (record.Length > 1 && record[1] != "sp")
                {
                    continue;
                }

                rows.Add(Row(path, parser.Row - 1, record, expected.Length));
            }

            return rows;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or CsvHelperException)
        {
            throw new BundleException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static (int, float[], int) Row(string path, int row, string[] record, int columns)
    {
        float[] values = new float[Channels];
        int activity = record.Length == columns ? Array.IndexOf(Activities, record[^1]) : -1;
        bool right = activity >= 0 && int.TryParse(record[0], CultureInfo.InvariantCulture, out _);
        for (int c = 0; c < Channels && right; c++)
        {
            right = float.TryParse(record[3 + c], CultureInfo.InvariantCulture, out values[c]) && float.IsFinite(values[c]);
            values[c] /= c < 3 ? Gravity : 1;
        }

        return right
            ? (int.Parse(record[0], CultureInfo.InvariantCulture), values, activity)
            : throw new BundleException(
                $"'{path}', row {row}: expected an execution, a device, six numbers and an activity, got '{string.Join(',', record)}'."
            );
    }

    /// <summary>A user's windows, as numbers in the bank, by execution and activity.</summary>
    private sealed record User(string Name, List<List<int>[]> Executions);

    private sealed class JointWindows(float[] samples, int[][] windows) : JointData
    {
        private readonly (int Window, int Activity)[] _all = [.. windows.SelectMany((w, a) => w.Select(window => (window, a)))];

        public override int ClassCount => windows.Length;

        public override int ItemCount => _all.Length;

        public override void Fill(int index, Span<float> x) => HarFamily.Fill(samples, _all[index].Window, x);

        public override int Label(int index) => _all[index].Activity;

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            int index = random.NextInt(ItemCount);
            Fill(index, x);
            y[0] = Label(index);
        }
    }
}
