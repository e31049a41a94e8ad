package agentmsg

// CheckFile is what every announced file passes.
var CheckFile = checkFile

// TellContentType is the type that an upload of the file announces.
func TellContentType(f File, op Op) (string, error) { return f.contentType(op) }
