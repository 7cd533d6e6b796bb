package report

// koEngine are the messages of the engine's stages, by their English format.
var koEngine = map[string]string{}
