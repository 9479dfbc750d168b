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

    /// <summary>
    /// A learner from a delta of another bundle, after an update of the model: tensors of the same name and shape are taken over as they are. Class names
    /// go with them only where nothing was dropped, since head slots mean something only with the features that they were fitted to.
    /// </summary>
    /// <remarks>
    /// A delta holds the adapted values, not how they differ from the old bundle. Between bundles that adapt every parameter the learner behaves as
    /// before; where frozen parameters changed, adapt again to the old examples, or at least check the result on some of them.
    /// </remarks>
    /// <param name="path">The delta file.</param>
    /// <param name="migration">What was kept and what was dropped.</param>
    /// <exception cref="BundleException">The file is missing or damaged, or nothing of it fits.</exception>
    ILearner MigrateLearner(string path, out DeltaMigration migration);
}
