namespace Kindling.Tasks;

/// <summary>Whether a specification may or must name its data.</summary>
internal enum SourceUse
{
    /// <summary>The family generates its data.</summary>
    None,

    /// <summary>There is a usual place.</summary>
    Optional,

    /// <summary>There is no usual place.</summary>
    Required,
}
