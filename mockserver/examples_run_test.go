package mockserver_test

import (
	"testing"
	"testing/synctest"
)

// The examples that need a test run here.
func TestExamples(t *testing.T) {
	t.Parallel()
	t.Run("table", func(t *testing.T) { t.Parallel(); deskTable(t) })
	t.Run("failed signature", func(t *testing.T) { t.Parallel(); deskSignature(t) })
	t.Run("time travel", func(t *testing.T) { t.Parallel(); synctest.Test(t, deskHour) })
	t.Run("golden transcript", func(t *testing.T) { t.Parallel(); deskGolden(t) })
}
