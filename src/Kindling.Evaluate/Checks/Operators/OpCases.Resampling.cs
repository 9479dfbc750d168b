using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Resizing, and sampling at places, by whose coordinates there are gradients too.</content>
internal static partial class OpCases
{
    private static IEnumerable<OpCase> Resampling =>
        [
            .. new[] { "nearest", "linear", "cubic" }.Select(mode => Resized(mode, [1, 1, 2, 0.5f], S("n", 1, 2, 4))),
            Resized("linear", [1, 1.5f, 1, 2], S("n", 2, 2, 3)),
            Resized("cubic", [1, 1, 3], S(2, 1, 1), ("exclude_outside", 1L), ("coordinate_transformation_mode", "align_corners")),
            Resized("linear", [1, 1, 0.4f], S("n", 1, 5), ("antialias", 1L)),
            Resized("nearest", [1, 20], S("n", 1)),
            Resized("nearest", [2, 1], S("n", 2)),
            new(
                "Resize cropped",
                (b, x) =>
                    Read(
                        b,
                        19,
                        "Resize",
                        [b.Exp(x[0]), b.Constant(Tensor.Vector(-0.2f, 0.7f)), null, b.Ints(4)],
                        ("mode", "linear"),
                        ("coordinate_transformation_mode", "tf_crop_and_resize"),
                        ("axes", new[] { -1L })
                    ),
                S("n", 3)
            ),
            new("Upsample", (b, x) => Read(b, 9, "Upsample", [b.Exp(x[0]), b.Constant(Tensor.Vector(1f, 2f))]), S("n", 2)),
            .. from mode in new[] { "linear", "cubic", "nearest" }
            from padding in new[] { "zeros", "border", "reflection" }
            from corners in new[] { 0L, 1L }
            select Sampled(mode, padding, corners, S("n", 2, 3, 2), S("n", 1, 3, 2)),
            Sampled("linear", "zeros", 0, S(1, 1, 2, 1, 3), S(1, 2, 1, 1, 3)),
            Sampled("linear", "reflection", 1, S(1, 1, 1), S(1, 2, 1)),
        ];

    private static OpCase Resized(string mode, float[] scales, Shape shape, params (string, object)[] attributes) =>
        new(
            $"Resize {mode} {string.Join('/', scales)}",
            (b, x) => Read(b, 19, "Resize", [b.Exp(x[0]), null, b.Constant(Tensor.Vector(scales))], [("mode", mode), .. attributes]),
            shape
        );

    private static OpCase Sampled(string mode, string padding, long corners, Shape shape, Shape places) =>
        new(
            $"GridSample {mode} {padding} {corners}",
            (b, x) => Read(b, 20, "GridSample", [b.Exp(x[0]), x[1]], ("mode", mode), ("padding_mode", padding), ("align_corners", corners)),
            shape,
            places
        )
        {
            Low = -1.5,
            High = 1.5,
        };
}
