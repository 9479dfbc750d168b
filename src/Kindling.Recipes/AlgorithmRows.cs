using Kindling.Networks;

namespace Kindling.Recipes;

/// <summary>The registry of meta-learners.</summary>
public static class AlgorithmRows
{
    // two methods stand in for it
    private const string Caml = "CAML, \"Continual Adaptation in MAML\" (the first title of CAVIA; the words describe Continual-MAML)";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AlgorithmRow> All { get; } =
    [
        new()
        {
            Type = "maml",
            Title = "MAML",
            Source = "Finn, Abbeel and Levine 2017",
            Summary = "the gradient of the query loss through the inner steps",
            GoesThroughSteps = true,
        },
        new()
        {
            Type = "fomaml",
            Title = "FOMAML",
            Source = "Finn, Abbeel and Levine 2017",
            Summary = "MAML with the inner gradients held constant",
        },
        new()
        {
            Type = "reptile",
            DescendsOuterLoss = false,
            Title = "Reptile",
            Source = "Nichol, Achiam and Schulman 2018",
            Summary = "moves the initialisation towards the adapted parameters",
            LearnsRates = false,
        },
        new()
        {
            Type = "anil",
            Title = "ANIL",
            Source = "Raghu, Raghu, Bengio and Vinyals 2020",
            Summary = "MAML that adapts the head alone",
            GoesThroughSteps = true,
            Adapts = "head",
        },
        new()
        {
            Type = "boil",
            Title = "BOIL",
            Source = "Oh, Yoo, Kim and Yun 2021",
            Summary = "MAML that adapts the body alone",
            GoesThroughSteps = true,
            Adapts = "body",
        },
        new()
        {
            Type = "metasgd",
            Title = "Meta-SGD",
            Source = "Li, Zhou, Chen and Li 2017",
            Summary = "MAML with a learned rate for every element of every parameter",
            GoesThroughSteps = true,
            Rates = "elementwise",
        },
        new()
        {
            Type = "mamlpp",
            Title = "MAML++",
            Source = "Antoniou, Edwards and Storkey 2019",
            Summary = "MAML with a learned rate for every parameter and step, a loss after every step, and first order at first",
            GoesThroughSteps = true,
            Rates = "learned",
            Members = [AlgorithmRow.MultiStep, AlgorithmRow.FirstOrder],
        },
        new()
        {
            Type = "imaml",
            Title = "iMAML",
            Source = "Rajeswaran, Finn, Kakade and Levine 2019",
            Summary = "the implicit gradient at the end of a regularised inner loop, whatever its length",
            LearnsRates = false,
            Members = [AlgorithmRow.ConjugateSteps],
            Needs = recipe => recipe.Inner.Proximal > 0 ? [] : ["inner.proximal: imaml needs a positive number, got 0"],
        },
        new()
        {
            Type = "cavia",
            Title = "CAVIA",
            Source = "Zintgraf, Shiarlis, Kurin, Hofmann and Whiteson 2019",
            Summary = "adapts a context vector that the network reads, and nothing else",
            GoesThroughSteps = true,
            StandsInFor = Caml,
            Adapts = "context",
            Needs = recipe => recipe.Network.Context > 0 ? [] : ["network.context: cavia needs 1 or more, got 0"],
        },
        new()
        {
            Type = "protomaml",
            Title = "ProtoMAML",
            Source = "Triantafillou, Zhu, Dumoulin and others 2020",
            Summary = "MAML whose head is made of class prototypes and adapted from there",
            GoesThroughSteps = true,
            Needs = NeedsPrototypes,
        },
        new()
        {
            Type = "protonet",
            Title = "ProtoNet",
            Source = "Snell, Swersky and Zemel 2017",
            Summary = "features whose class means classify without any inner step: a yardstick",
            LearnsRates = false,
            Needs = NeedsPrototypes,
        },
        new()
        {
            Type = "leap",
            DescendsOuterLoss = false,
            Title = "Leap",
            Source = "Flennerhag, Moreno, Lawrence and Damianou 2019",
            Summary = "shortens the path that adaptation takes, by pulling the initialisation forward along it",
            StandsInFor = "WL, \"Waypoint Learning\"",
            LearnsRates = false,
        },
        new()
        {
            Type = "warpgrad",
            Title = "WarpGrad",
            Source = "Flennerhag, Rusu, Pascanu, Visin, Yin and Hadsell 2020",
            Summary = "learns layers that bend the gradient and that adaptation leaves as they are",
            StandsInFor = "WF, \"Wandendorff Learning\" (unidentified: nearest by its initials only)",
            Adapts = "!*.warp.*",
            LearnsRates = false,
            Needs = recipe => recipe.Network.Warp ? [] : ["network.warp: warpgrad needs true, got false"],
        },
        new()
        {
            Type = "oml",
            Title = "OML",
            Source = "Javed and White 2019",
            Summary = "a representation on which the head learns from one example after the other without forgetting the earlier ones",
            GoesThroughSteps = true,
            Adapts = "head",
            Needs = NeedsParts,
        },
        new()
        {
            Type = "anml",
            Title = "ANML",
            Source = "Beaulieu, Frati, Miconi, Lehman, Stanley, Clune and Cheney 2020",
            Summary = "OML whose features a second network gates, which adaptation leaves as it is",
            GoesThroughSteps = true,
            Adapts = "!gate.*",
            Needs = recipe =>
                recipe.Network.Gate ? NeedsParts(recipe) : [.. NeedsParts(recipe), "network.gate: anml needs true, got false"],
        },
        new()
        {
            Type = "continual-maml",
            Title = "Continual-MAML",
            Source = "Caccia, Rodriguez, Ostapenko and others 2020",
            Summary = "MAML for streams: adaptation follows the stream, and starts again where the loss jumps",
            GoesThroughSteps = true,
            StandsInFor = Caml,
            Needs = recipe => recipe.Inner.Jump > 0 ? [] : ["inner.jump: continual-maml needs a positive number, got 0"],
        },
        new()
        {
            Type = "lamaml",
            Title = "La-MAML",
            Source = "Gupta, Yadav and Paull 2020",
            Summary = "learns a rate for every element on a stream with replay, and steps the parameters themselves at these rates",
            GoesThroughSteps = true,
            Rates = "elementwise",
            Needs = recipe =>
                recipe.Algorithm.OuterOptimizer == "rates"
                    ? NeedsParts(recipe)
                    : [.. NeedsParts(recipe), $"algorithm.outerOptimizer: lamaml needs rates, got {recipe.Algorithm.OuterOptimizer}"],
        },
        new()
        {
            Type = "daml",
            Title = "DAML",
            Source = "Yu, Finn, Xie, Dasari, Zhang, Abbeel and Levine 2018",
            Summary = "adapts to unlabelled examples of another domain, by a learned loss that reads them in order",
            GoesThroughSteps = true,
            StandsInFor = "R-DAML, \"Recurrent-Domain Adaptation MAML\" (DAML whose learned loss is a recurrent network)",
            Adapts = "!loss.*",
            Loss = "learned",
            Needs = NeedsUnlabelledSequences,
        },
        new()
        {
            Type = "joint",
            Title = "joint pre-training",
            Source = "a yardstick",
            Summary = "one network for the points of all tasks pooled, then the same inner steps; regressions only",
            LearnsRates = false,
        },
        new()
        {
            Type = "random",
            DescendsOuterLoss = false,
            Title = "random initialisation",
            Source = "a yardstick",
            Summary = "weights as they were drawn, then the same inner steps",
            LearnsRates = false,
        },
    ];

    /// <summary>The row of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static AlgorithmRow Of(string type) =>
        Find(type)
        ?? throw new ArgumentException(
            $"There is no meta-learner '{type}'; there are {string.Join(", ", All.Select(r => r.Type))}.",
            nameof(type)
        );

    private static IEnumerable<string> NeedsPrototypes(Recipe recipe) =>
        recipe.Network.Head == "prototypes" ? [] : [$"network.head: {recipe.Algorithm.Type} needs prototypes, got {recipe.Network.Head}"];

    private static IEnumerable<string> NeedsParts(Recipe recipe) =>
        recipe.Inner.Batch > 0
            ? []
            :
            [
                $"inner.batch: {recipe.Algorithm.Type} takes the examples one after the other, expected 1 or more, got {recipe.Inner.Batch}",
            ];

    // A head of prototypes reads labels; statistics are asked for of other batches than the one length that the recurrence is written out for.
    private static IEnumerable<string> NeedsUnlabelledSequences(Recipe recipe)
    {
        if (recipe.Network.Head == "prototypes")
        {
            yield return "network.head: a learned loss reads no labels, expected linear, got prototypes";
        }

        if (recipe.Network.Normalization == Normalization.Support)
        {
            yield return "network.normalization: a learned loss reads support sets of one size, and support takes statistics of others; expected none, batch, group or layer";
        }
    }

    internal static AlgorithmRow? Find(string type) => All.FirstOrDefault(row => row.Type == type);
}
