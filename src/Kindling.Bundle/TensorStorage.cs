namespace Kindling.Bundles;

/// <summary>How a file holds the numbers of a tensor. In memory all are float32.</summary>
public enum TensorStorage
{
    /// <summary>As they are: 4 bytes a number.</summary>
    Float32,

    /// <summary>IEEE 754 half precision: 2 bytes a number.</summary>
    Float16,

    /// <summary>Whole numbers from -127 to 127 times one float32 for each index of the first axis: 1 byte a number.</summary>
    Int8,
}
