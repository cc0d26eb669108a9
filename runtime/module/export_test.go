package module

// CompileWithin is CompileChild with other limits.
var CompileWithin = compileWithin
