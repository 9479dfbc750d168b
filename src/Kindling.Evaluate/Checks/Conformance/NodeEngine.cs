namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>What runs a test's graph.</summary>
public enum NodeEngine
{
    /// <summary>The torch interpreter, on the graph as it was read.</summary>
    Torch,

    /// <summary>ONNX Runtime, on the model that is written from the graph.</summary>
    OnnxRuntime,
}
