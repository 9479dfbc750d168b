using Kindling.Train.Session;

namespace Kindling.Cli.Training;

/// <summary>Where people watch trainings; always standard error, since results alone go to standard output.</summary>
internal interface ITrainingView : IProgress<TrainingProgress>
{
    /// <summary>Says what is trained next.</summary>
    void Begin(string name);
}
