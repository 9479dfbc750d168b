namespace Kindling.Tasks;

/// <summary>A family whose inputs are texts.</summary>
public interface ITexts
{
    /// <summary>All texts of a split, class by class; empty where the inputs are no texts.</summary>
    IReadOnlyList<string> Texts(Split split);
}
