namespace Kindling.Networks;

/// <summary>Where the window of a convolution along time lies.</summary>
internal enum Alignment
{
    /// <summary>It ends at its time.</summary>
    Behind,

    /// <summary>Its middle is its time.</summary>
    Centred,

    /// <summary>It begins at its time.</summary>
    Ahead,
}
