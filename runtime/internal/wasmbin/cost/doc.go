// Package cost estimates from above what it costs to compile a metered module: the
// processor time and the memory of the engine's compiler.
//
// A [Model] walks each function body once and sums features: amounts that the
// compiler's work grows with, such as instructions, values that are live over basic
// blocks, or values that are merged where paths join. Coefficients turn the features
// into seconds and bytes. Most features are linear in the size of the code; the others
// are there because the compiler is not.
//
// The package knows the engine's compiler, and nothing about modules: who calls it has
// checked the bodies. It imports nothing of this project.
package cost
