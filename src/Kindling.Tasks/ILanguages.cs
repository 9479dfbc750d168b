using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>A family whose tasks are languages.</summary>
public interface ILanguages
{
    /// <summary>How texts become windows.</summary>
    LanguagePreprocessing Windows { get; }

    /// <summary>The languages of a split, in the family's order.</summary>
    IReadOnlyList<Language> Languages(Split split);

    /// <summary>Languages that are asked about beside the test split and are not in it, such as those of scripts that training has not seen.</summary>
    IReadOnlyList<Language> Beside { get; }

    /// <summary>The task of a language: the beginning of its text to learn from, the end to predict.</summary>
    /// <exception cref="BundleException">The text is too short for the shape.</exception>
    Episode Of(Language language, EpisodeShape shape);
}
