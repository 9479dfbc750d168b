namespace Kindling.TestSupport;

/// <summary>What a network reads.</summary>
public enum NetworkInput
{
    /// <summary>[channels, height, width].</summary>
    Image,

    /// <summary>[channels, times].</summary>
    Signal,

    /// <summary>[length], whole numbers.</summary>
    Codes,

    /// <summary>The same, with the next code of each position as target.</summary>
    NextCode,

    /// <summary>[length, 1 + codes that may be copied], with the same targets.</summary>
    Copies,

    /// <summary>Pictures with objects.</summary>
    Scene,
}
