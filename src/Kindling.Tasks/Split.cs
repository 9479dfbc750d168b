namespace Kindling.Tasks;

/// <summary>Which tasks an episode is drawn from; no class (or task) is in two splits.</summary>
public enum Split
{
    /// <summary>Meta-training.</summary>
    Train,

    /// <summary>Choice of the checkpoint and of rates.</summary>
    Validation,

    /// <summary>The final figure only.</summary>
    Test,
}
