package main

import (
	"archive/zip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is a git repository with a module, a module nested in it, and
// files that are not committed.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/Root\n", "root.go": "package root\n", "LICENSE": "MIT\n", ".gitignore": "ignored\n",
		"sub/mod/go.mod": "module example.com/Root/sub/mod\n", "sub/mod/mod.go": "package mod\n",
	})
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"add", "."},
		{"-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message=m", "--date=2026-01-02T03:04:05+02:00"},
	} {
		if _, err := git(dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"ignored": "", "untracked.go": "package root\n", "go.mod": "module example.com/changed\n"})
	return dir
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What is committed is packed, each module by itself, and the list grows.
func TestPack(t *testing.T) {
	t.Setenv("GIT_COMMITTER_DATE", "2026-01-02T03:04:05+02:00")
	repo, out := repository(t), t.TempDir()
	for _, version := range []string{"v0.1.0", "v0.2.0", "v0.2.0"} {
		for _, dir := range []string{".", "sub/mod/"} {
			if err := pack(io.Discard, repo, out, version, dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	for module, files := range map[string][]string{
		"example.com/!root":         {".gitignore", "LICENSE", "go.mod", "root.go"},
		"example.com/!root/sub/mod": {"LICENSE", "go.mod", "mod.go"},
	} {
		at := filepath.Join(out, module, "@v")
		name := strings.ReplaceAll(module, "!r", "R")
		for file, want := range map[string]string{
			"list":        "v0.1.0\nv0.2.0\n",
			"v0.1.0.info": `{"Version":"v0.1.0","Time":"2026-01-02T01:04:05Z"}` + "\n",
			"v0.1.0.mod":  "module " + name + "\n",
		} {
			got, err := os.ReadFile(filepath.Join(at, file))
			if err != nil || string(got) != want {
				t.Errorf("%s/%s: %q, %v; want %q", module, file, got, err, want)
			}
		}
		zipped, err := zip.OpenReader(filepath.Join(at, "v0.1.0.zip"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range zipped.File {
			got = append(got, strings.TrimPrefix(f.Name, name+"@v0.1.0/"))
		}
		slices.Sort(got)
		if !slices.Equal(got, files) {
			t.Errorf("%s has %q, want %q", module, got, files)
		}
		if err := zipped.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What cannot be packed is told, and leaves nothing that a proxy would serve.
func TestPackRefuses(t *testing.T) {
	repo := repository(t)
	for _, c := range []struct{ repo, version, dir, want string }{
		{repo, "v0.1.0", "../other", "not a folder inside the repository"},
		{repo, "v0.1.0", "/", "not a folder inside the repository"},
		{repo, "v0.1.0", "sub", "'sub/go.mod' does not exist in 'HEAD'"},
		{repo, "0.1.0", ".", `version "0.1.0" is not of the form v0.1.0`},
		{repo, "v0.1", ".", `version "v0.1" is not of the form v0.1.0`},
		{repo, "v0.1.0-RC1", ".", `is not of the form v0.1.0`},
		{repo, "v2.0.0", ".", "should be v0 or v1, not v2"},
		{filepath.Join(repo, "sub", "mod"), "v0.1.0", ".", "not the top folder of a git clone"},
		{t.TempDir(), "v0.1.0", ".", "not a git repository"},
		{filepath.Join(repo, "nowhere"), "v0.1.0", ".", "no such file or directory"},
	} {
		out := t.TempDir()
		err := pack(io.Discard, c.repo, out, c.version, c.dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v; want %q", c.version, c.dir, err, c.want)
		}
		if err := fs.WalkDir(os.DirFS(out), ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				t.Errorf("%s %s left %s", c.version, c.dir, name)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}
