namespace Kindling.Tasks;

/// <summary>What the tasks of a family ask for.</summary>
internal enum TaskKind
{
    /// <summary>Numbers.</summary>
    Regression,

    /// <summary>Classes.</summary>
    Classification,

    /// <summary>Objects in pictures.</summary>
    Detection,

    /// <summary>Either: the data decide.</summary>
    ByData,
}
