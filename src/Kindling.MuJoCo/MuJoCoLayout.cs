namespace Kindling.MuJoCo;

/// <summary>
/// Where MuJoCo 2.2.2 keeps what it has no functions for, in bytes: <c>offsetof</c> of <c>mjModel</c> and <c>mjData</c> in its headers, as a C compiler for 64-bit Linux gives
/// it (x64 and ARM64 alike: the fields are <c>int</c>, <c>double</c> and pointers).
/// </summary>
internal static class MuJoCoLayout
{
    /// <summary>What <c>mj_version</c> says.</summary>
    public const int Version = 222;

    /// <summary>int mjModel.nq, numbers in a position.</summary>
    public const int Positions = 0;

    /// <summary>int mjModel.nv, numbers in a velocity.</summary>
    public const int Velocities = 4;

    /// <summary>int mjModel.nu, controls.</summary>
    public const int Controls = 8;

    /// <summary>double mjData.time.</summary>
    public const int Time = 40336;

    /// <summary>double* mjData.qpos.</summary>
    public const int Position = 40376;

    /// <summary>double* mjData.qvel.</summary>
    public const int Velocity = 40384;

    /// <summary>double* mjData.ctrl.</summary>
    public const int Control = 40408;
}
