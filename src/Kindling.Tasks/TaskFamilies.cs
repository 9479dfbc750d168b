using Kindling.Bundles;
using Kindling.Tasks.Control;
using Kindling.Tasks.Families;
using Kindling.Tasks.Scenes;

namespace Kindling.Tasks;

/// <summary>The registry of task families.</summary>
public static class TaskFamilies
{
    private static readonly Row[] Rows =
    [
        new()
        {
            Type = "linear",
            Kind = TaskKind.Regression,
            Create = (_, _) => new LinearFamily(),
        },
        new()
        {
            Type = "sinusoid",
            Kind = TaskKind.Regression,
            Create = (_, _) => new SinusoidFamily(),
        },
        new()
        {
            Type = "demonstration",
            Kind = TaskKind.Regression,
            Create = (_, _) => new DemonstrationFamily(),
        },
        new()
        {
            Type = "navigation",
            Kind = TaskKind.Regression,
            IsControl = true,
            Create = (_, _) => new NavigationFamily(),
        },
        new()
        {
            Type = "navigation-demonstration",
            Kind = TaskKind.Regression,
            Create = (_, _) => new NavigationDemonstrationFamily(),
        },
        new()
        {
            Type = "point-robot",
            Kind = TaskKind.Regression,
            IsControl = true,
            Create = (_, _) => new PointRobotFamily(),
        },
        new()
        {
            Type = "reacher",
            Kind = TaskKind.Regression,
            IsControl = true,
            Create = (_, _) => new ReacherFamily(),
        },
        new()
        {
            Type = "runner",
            Kind = TaskKind.Regression,
            IsControl = true,
            Create = (_, _) => RunnerFamily.AtASpeed(),
        },
        new()
        {
            Type = "runner-direction",
            Kind = TaskKind.Regression,
            IsControl = true,
            Create = (_, _) => RunnerFamily.InADirection(),
        },
        new()
        {
            Type = "glyphs",
            Kind = TaskKind.Classification,
            HasImages = true,
            HasRotations = true,
            HasGeneratedClasses = true,
            HasOwnSplit = true,
            Create = (spec, _) => GlyphFamily.Load(spec),
        },
        new()
        {
            Type = "omniglot",
            Kind = TaskKind.Classification,
            Source = SourceUse.Optional,
            HasImages = true,
            HasRotations = true,
            HasAlphabets = true,
            Within = TaskSpec.WithinAlphabet,
            Create = OmniglotFamily.Load,
        },
        new()
        {
            Type = "har_geotec",
            Kind = TaskKind.Classification,
            Source = SourceUse.Optional,
            Create = HarFamily.Load,
        },
        new()
        {
            Type = "images",
            Kind = TaskKind.Classification,
            Source = SourceUse.Required,
            HasImages = true,
            HasRotations = true,
            HasChannels = true,
            HasOwnSplit = true,
            Create = FolderFamily.Load,
        },
        new()
        {
            Type = "noise",
            Kind = TaskKind.ByData,
            IsNoise = true,
            Create = (spec, _) => new NoiseFamily(spec),
        },
        new()
        {
            Type = "table",
            Kind = TaskKind.ByData,
            Source = SourceUse.Required,
            HasOwnSplit = true,
            Create = TableFamily.Load,
        },
        new()
        {
            Type = "clinc150",
            Kind = TaskKind.Classification,
            Source = SourceUse.Optional,
            HasTexts = true,
            Within = TaskSpec.WithinDomain,
            Create = ClincFamily.Load,
        },
        new()
        {
            Type = "banking77",
            Kind = TaskKind.Classification,
            Source = SourceUse.Optional,
            HasTexts = true,
            Create = BankingFamily.Load,
        },
        new()
        {
            Type = "texts",
            Kind = TaskKind.Classification,
            Source = SourceUse.Required,
            HasTexts = true,
            HasOwnSplit = true,
            Create = TextFamily.Load,
        },
        new()
        {
            Type = "fsdd",
            Kind = TaskKind.Classification,
            Source = SourceUse.Optional,
            HasAudio = true,
            Folds = FsddFamily.Folds,
            Create = FsddFamily.Load,
        },
        new()
        {
            Type = "recordings",
            Kind = TaskKind.Classification,
            Source = SourceUse.Required,
            HasAudio = true,
            HasOwnSplit = true,
            Create = AudioFamily.Load,
        },
        new()
        {
            Type = "udhr",
            Kind = TaskKind.Regression,
            Source = SourceUse.Optional,
            HasLanguages = true,
            Create = UdhrFamily.Load,
        },
        new()
        {
            Type = "scenes",
            Kind = TaskKind.Detection,
            HasScenes = true,
            MostObjects = PictureObjects.Most,
            HasRotations = true,
            HasGeneratedClasses = true,
            HasOwnSplit = true,
            Create = (spec, _) => SceneFamily.OfGlyphs(spec),
        },
        new()
        {
            Type = "omniglot-scenes",
            Kind = TaskKind.Detection,
            Source = SourceUse.Optional,
            DataSet = "omniglot",
            HasScenes = true,
            MostObjects = PictureObjects.Most,
            HasRotations = true,
            Create = SceneFamily.OfOmniglot,
        },
        new()
        {
            Type = "cells",
            Kind = TaskKind.Detection,
            HasScenes = true,
            MostObjects = CellObjects.Most,
            HasGeneratedClasses = true,
            HasOwnSplit = true,
            Create = (spec, _) => SceneFamily.OfCells(spec),
        },
    ];

    /// <summary>The types that <see cref="TaskSpec.Type"/> may name.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. Rows.Select(r => r.Type)];

    /// <summary>The types whose tasks are worlds to act in.</summary>
    public static IReadOnlyList<string> ControlTypes { get; } = [.. Rows.Where(r => r.IsControl).Select(r => r.Type)];

    /// <summary>Folders of real data sets that families look for by themselves in the data root.</summary>
    public static IReadOnlyList<string> DataSets { get; } =
    [.. Rows.Where(r => r.Source == SourceUse.Optional).Select(r => r.DataSet ?? r.Type).Distinct()];

    /// <summary>Loads or prepares a family; reading real data may take seconds.</summary>
    /// <param name="spec">What to make.</param>
    /// <param name="dataRoot">The folder of real data sets, see <see cref="DataRoot.Find"/>.</param>
    /// <exception cref="ArgumentException">The specification has faults; the message lists all.</exception>
    /// <exception cref="BundleException">Data are missing, damaged or too few for the episode's shape.</exception>
    /// <exception cref="DllNotFoundException">The family needs a library that this machine lacks; the message says which.</exception>
    public static ITaskFamily Create(TaskSpec spec, string dataRoot)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(dataRoot);
        IReadOnlyList<string> faults = spec.Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(spec));
        }

        ITaskFamily family = Find(spec.Type)!.Create(spec, dataRoot);
        if (family is IShapeCheck check)
        {
            foreach (Split split in Enum.GetValues<Split>())
            {
                check.Require(split, spec.ToShape());
            }
        }

        return family;
    }

    /// <summary>The user's own data as test tasks: every class (task) that is found is in the test split, the other splits are empty.</summary>
    /// <param name="path">
    /// A folder of class folders for pictures or recordings, a CSV file for tables, either for texts, a .txt file or a folder of them for languages.
    /// </param>
    /// <param name="preprocessing">How the model wants its input.</param>
    /// <param name="classification">Whether the model classifies.</param>
    /// <exception cref="BundleException">The data are missing, damaged or of another kind than the model takes.</exception>
    public static ITaskFamily OfSource(string path, Preprocessing preprocessing, bool classification)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(preprocessing);
        return preprocessing switch
        {
            { Image: { } image } => FolderFamily.ForTest(path, image),
            { Table: { } table } => TableFamily.ForTest(path, table, classification),
            { Text: { } text } => TextFamily.ForTest(path, text),
            { Audio: { } audio } => AudioFamily.ForTest(path, audio),
            { Language: { } language } => LanguageFamily.ForTest(path, language),
            _ => throw new BundleException(
                $"'{path}' cannot be read for this model: it takes neither pictures nor tables nor texts nor recordings."
            ),
        };
    }

    /// <summary>The user's own pictures with boxes as test tasks.</summary>
    /// <param name="path">A folder or file of annotations, see <see cref="Files.AnnotatedPictures"/>.</param>
    /// <param name="manifest">The manifest of a detector.</param>
    /// <exception cref="BundleException">The data are missing or damaged, or have more classes than the model has slots.</exception>
    public static ITaskFamily OfObjects(string path, BundleManifest manifest)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(manifest);
        return AnnotatedFamily.ForTest(path, manifest.ForPictures(), manifest.Output.Count);
    }

    internal static Row? Find(string type) => Array.Find(Rows, r => r.Type == type);

    /// <summary>One family: what its specification may say, and how it is made.</summary>
    internal sealed class Row
    {
        public required string Type { get; init; }

        public required TaskKind Kind { get; init; }

        public required Func<TaskSpec, string, ITaskFamily> Create { get; init; }

        public SourceUse Source { get; init; }

        public bool HasImages { get; init; }

        /// <summary>The folder of its data in the data root, where that is not named as it is.</summary>
        public string? DataSet { get; init; }

        public bool HasScenes { get; init; }

        /// <summary>Most objects of a scene unless a recipe says otherwise.</summary>
        public int MostObjects { get; init; }

        public bool HasRotations { get; init; }

        public bool HasChannels { get; init; }

        public bool HasAlphabets { get; init; }

        public bool HasTexts { get; init; }

        public bool HasAudio { get; init; }

        /// <summary>Fixed splits to choose from; 0: one.</summary>
        public int Folds { get; init; }

        public bool HasLanguages { get; init; }

        /// <summary>What the classes of an episode can have in common; null: nothing.</summary>
        public string? Within { get; init; }

        public bool IsNoise { get; init; }

        public bool IsControl { get; init; }

        public bool HasGeneratedClasses { get; init; }

        public bool HasOwnSplit { get; init; }
    }
}
