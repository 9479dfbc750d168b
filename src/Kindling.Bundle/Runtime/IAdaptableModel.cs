namespace Kindling.Bundles;

/// <summary>
/// A bundle opened for adaptation: what apps program against, whichever runtime stands behind it. Thread-safe; one model serves all users.
/// </summary>
public interface IAdaptableModel : IDisposable
{
    /// <summary>The bundle's manifest.</summary>
    BundleManifest Manifest { get; }

    /// <summary>A learner that starts from the bundle's meta-initialisation: one user or one task.</summary>
    ILearner CreateLearner();

    /// <summary>A learner as <see cref="ILearner.Save"/> left it.</summary>
    /// <param name="path">The delta file.</param>
    /// <exception cref="BundleException">The file is missing, damaged, or belongs to another bundle.</exception>
    ILearner OpenLearner(string path);
}
