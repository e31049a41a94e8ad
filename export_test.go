package agentmsg

// CheckFile is what every announced file passes.
var CheckFile = checkFile

// TellContentType is the type that an upload of the file announces.
func TellContentType(f File, op Op) (string, error) { return f.contentType(op) }

// MemoryKeys is how many keys a MemoryDeduper holds, those included that are
// over and not yet swept.
func MemoryKeys(d *MemoryDeduper) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.keys) != len(d.leases)+len(d.keeps) || d.handled.Len() != len(d.keeps) {
		panic("the parts of a MemoryDeduper do not agree")
	}
	return len(d.keys)
}
