namespace Kindling.Graphs;

/// <content>The operators as methods. Shapes and attributes are those of ONNX op set 17.</content>
public sealed partial class GraphBuilder
{
    public Value Identity(Value x) => Op("Identity", [x]);

    public Value Add(Value a, Value b) => Op("Add", [a, b]);

    public Value Sub(Value a, Value b) => Op("Sub", [a, b]);

    public Value Mul(Value a, Value b) => Op("Mul", [a, b]);

    public Value Div(Value a, Value b) => Op("Div", [a, b]);

    public Value Add(Value a, double b) => Add(a, ScalarLike(a, b));

    public Value Sub(Value a, double b) => Sub(a, ScalarLike(a, b));

    public Value Mul(Value a, double b) => Mul(a, ScalarLike(a, b));

    public Value Div(Value a, double b) => Div(a, ScalarLike(a, b));

    public Value Pow(Value a, Value b) => Op("Pow", [a, b]);

    public Value Neg(Value x) => Op("Neg", [x]);

    public Value Abs(Value x) => Op("Abs", [x]);

    public Value Sqrt(Value x) => Op("Sqrt", [x]);

    public Value Reciprocal(Value x) => Op("Reciprocal", [x]);

    public Value Exp(Value x) => Op("Exp", [x]);

    public Value Log(Value x) => Op("Log", [x]);

    public Value Sin(Value x) => Op("Sin", [x]);

    public Value Cos(Value x) => Op("Cos", [x]);

    public Value Tanh(Value x) => Op("Tanh", [x]);

    public Value Sigmoid(Value x) => Op("Sigmoid", [x]);

    public Value Relu(Value x) => Op("Relu", [x]);

    public Value Softplus(Value x) => Op("Softplus", [x]);

    public Value Erf(Value x) => Op("Erf", [x]);

    public Value Elu(Value x, float alpha = 1) => Op("Elu", [x], ("alpha", alpha));

    public Value LeakyRelu(Value x, float alpha = 0.01f) => Op("LeakyRelu", [x], ("alpha", alpha));

    public Value Clip(Value x, Value? low, Value? high) => Op("Clip", [x, low, high]);

    public Value Min(params IEnumerable<Value> values) => Op("Min", values);

    public Value Max(params IEnumerable<Value> values) => Op("Max", values);

    public Value Where(Value condition, Value yes, Value no) => Op("Where", [condition, yes, no]);

    public Value Greater(Value a, Value b) => Op("Greater", [a, b]);

    public Value Less(Value a, Value b) => Op("Less", [a, b]);

    public Value Equal(Value a, Value b) => Op("Equal", [a, b]);

    public Value Not(Value x) => Op("Not", [x]);

    public Value Cast(Value x, ElementType to) => x.Type == to ? x : Op("Cast", [x], ("to", (long)to));

    public Value MatMul(Value a, Value b) => Op("MatMul", [a, b]);

    public Value Gemm(Value a, Value b, Value? c = null, bool transA = false, bool transB = false, float alpha = 1, float beta = 1) =>
        Op("Gemm", [a, b, c], ("alpha", alpha), ("beta", beta), ("transA", transA), ("transB", transB));

    public Value Conv(
        Value x,
        Value w,
        Value? bias = null,
        long[]? strides = null,
        long[]? pads = null,
        long[]? dilations = null,
        long group = 1
    ) => Op("Conv", [x, w, bias], ("strides", strides), ("pads", pads), ("dilations", dilations), ("group", group));

    public Value ConvTranspose(
        Value x,
        Value w,
        Value? bias = null,
        long[]? strides = null,
        long[]? pads = null,
        long[]? dilations = null,
        long group = 1,
        long[]? outputPadding = null
    ) =>
        Op(
            "ConvTranspose",
            [x, w, bias],
            ("strides", strides),
            ("pads", pads),
            ("dilations", dilations),
            ("group", group),
            ("output_padding", outputPadding)
        );

    public Value MaxPool(Value x, long[] kernel, long[]? strides = null, long[]? pads = null) =>
        Op("MaxPool", [x], ("kernel_shape", kernel), ("strides", strides), ("pads", pads));

    public Value AveragePool(Value x, long[] kernel, long[]? strides = null, long[]? pads = null) =>
        Op("AveragePool", [x], ("kernel_shape", kernel), ("strides", strides), ("pads", pads));

    public Value GlobalAveragePool(Value x) => Op("GlobalAveragePool", [x]);

    public Value GlobalMaxPool(Value x) => Op("GlobalMaxPool", [x]);

    public Value Softmax(Value x, long axis = -1) => Op("Softmax", [x], ("axis", axis));

    public Value LogSoftmax(Value x, long axis = -1) => Op("LogSoftmax", [x], ("axis", axis));

    public Value LayerNormalization(Value x, Value scale, Value? bias = null, long axis = -1, float epsilon = 1e-5f) =>
        Op("LayerNormalization", [x, scale, bias], ("axis", axis), ("epsilon", epsilon));

    public Value ReduceSum(Value x, long[]? axes = null, bool keepDims = true) =>
        Op("ReduceSum", [x, axes is null ? null : Ints(axes)], ("keepdims", keepDims));

    public Value ReduceMean(Value x, long[]? axes = null, bool keepDims = true) =>
        Op("ReduceMean", [x], ("axes", axes), ("keepdims", keepDims));

    public Value ReduceMax(Value x, long[]? axes = null, bool keepDims = true) =>
        Op("ReduceMax", [x], ("axes", axes), ("keepdims", keepDims));

    public Value ReduceSumSquare(Value x, long[]? axes = null, bool keepDims = true) =>
        Op("ReduceSumSquare", [x], ("axes", axes), ("keepdims", keepDims));

    public Value ReduceLogSumExp(Value x, long[]? axes = null, bool keepDims = true) =>
        Op("ReduceLogSumExp", [x], ("axes", axes), ("keepdims", keepDims));

    public Value ArgMax(Value x, long axis, bool keepDims = true) => Op("ArgMax", [x], ("axis", axis), ("keepdims", keepDims));

    public Value ShapeOf(Value x) => Op("Shape", [x]);

    public Value SizeOf(Value x) => Op("Size", [x]);

    public Value ConstantOfShape(Value shape, Tensor value) => Op("ConstantOfShape", [shape], ("value", value));

    public Value Reshape(Value x, Value shape) => Op("Reshape", [x, shape]);

    public Value Reshape(Value x, params ReadOnlySpan<long> shape) => Op("Reshape", [x, Ints(shape)]);

    public Value Flatten(Value x, long axis = 1) => Op("Flatten", [x], ("axis", axis));

    public Value Transpose(Value x, params long[] perm) => Op("Transpose", [x], ("perm", perm.Length == 0 ? null : perm));

    public Value Squeeze(Value x, params ReadOnlySpan<long> axes) => Op("Squeeze", [x, Ints(axes)]);

    public Value Unsqueeze(Value x, params ReadOnlySpan<long> axes) => Op("Unsqueeze", [x, Ints(axes)]);

    public Value Concat(long axis, params IEnumerable<Value> values) => Op("Concat", values, ("axis", axis));

    public IReadOnlyList<Value> Split(Value x, long axis, params long[] sizes) =>
        Ops("Split", sizes.Length, [x, Ints(sizes)], new Attributes(("axis", axis)));

    public Value Slice(Value x, Value starts, Value ends, Value? axes = null, Value? steps = null) =>
        Op("Slice", [x, starts, ends, axes, steps]);

    public Value Pad(Value x, Value pads, Value? value = null) => Op("Pad", [x, pads, value]);

    public Value Expand(Value x, Value shape) => Op("Expand", [x, shape]);

    public Value Tile(Value x, Value repeats) => Op("Tile", [x, repeats]);

    public Value Gather(Value x, Value indices, long axis = 0) => Op("Gather", [x, indices], ("axis", axis));

    public Value GatherElements(Value x, Value indices, long axis = 0) => Op("GatherElements", [x, indices], ("axis", axis));

    public Value ScatterElements(Value x, Value indices, Value updates, long axis = 0, string reduction = "none") =>
        Op("ScatterElements", [x, indices, updates], ("axis", axis), ("reduction", reduction));

    public Value OneHot(Value indices, Value depth, Value values, long axis = -1) => Op("OneHot", [indices, depth, values], ("axis", axis));

    public IReadOnlyList<Value> TopK(Value x, Value count, long axis = -1, bool largest = true) =>
        Ops("TopK", 2, [x, count], new Attributes(("axis", axis), ("largest", largest)));
}
