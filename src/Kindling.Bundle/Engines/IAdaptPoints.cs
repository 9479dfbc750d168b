namespace Kindling.Bundles;

/// <summary>What an engine does for an <see cref="AdaptCourse"/> with the point at which its inner loop stands.</summary>
internal interface IAdaptPoints
{
    /// <summary>Judges the point; called only where something judges.</summary>
    Score Score();

    /// <summary>Keeps the point in place of the one kept before: it is the result so far.</summary>
    void Keep();
}
