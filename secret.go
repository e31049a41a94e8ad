package agentmsg

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Secret is a string that no text shows: a credential or a presigned URL.
// Every verb of fmt, and slog, print REDACTED. Convert it to use it:
// string(s). JSON writes the value, so that a ticket may be handed on: a
// struct of your own around one leaks it in JSON logs.
type Secret string

// String returns REDACTED.
func (s Secret) String() string { return redacted }

// GoString returns REDACTED.
func (s Secret) GoString() string { return redacted }

// Format writes REDACTED whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns REDACTED.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
