// Modproxy packs modules of a git repository, as HEAD has them, into a folder
// that GOPROXY can name as a file:// URL: what a stranger's go get would see
// after a release.
//
//	modproxy -repo . -out ../proxy -version v0.1.0 . sub/module
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	flags := flag.NewFlagSet("modproxy", flag.ExitOnError) // 2 for flags that it does not know
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: modproxy [-repo folder] -out folder -version vX.Y.Z module-folder...")
		flags.PrintDefaults()
	}
	repo := flags.String("repo", ".", "the top `folder` of the git repository")
	out := flags.String("out", "", "the proxy's `folder`; made where there is none, and added to")
	version := flags.String("version", "", "the `version` of all the modules, as v0.1.0")
	_ = flags.Parse(os.Args[1:])
	if *out == "" || *version == "" || flags.NArg() == 0 {
		flags.Usage()
		os.Exit(2)
	}
	for _, dir := range flags.Args() {
		if err := pack(os.Stdout, *repo, *out, *version, dir); err != nil {
			fmt.Fprintf(os.Stderr, "modproxy: %s: %v\n", dir, err)
			os.Exit(1)
		}
	}
}

// pack adds the module in a folder of the repository to the proxy.
func pack(w io.Writer, repo, out, version, dir string) error {
	if !filepath.IsLocal(dir) {
		return errors.New("not a folder inside the repository")
	}
	if module.CanonicalVersion(version) != version || strings.ToLower(version) != version {
		return fmt.Errorf("version %q is not of the form v0.1.0", version)
	}
	repo, err := filepath.Abs(repo) // zip compares it with what git says
	if err != nil {
		return err
	}
	subdir := filepath.ToSlash(filepath.Clean(dir))
	mod, err := git(repo, "show", "HEAD:./"+path.Join(subdir, "go.mod"))
	if err != nil {
		return err
	}
	m := module.Version{Path: modfile.ModulePath([]byte(mod)), Version: version}
	if err := module.Check(m.Path, m.Version); err != nil {
		return err
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	made, err := git(repo, "show", "--no-patch", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "HEAD")
	if err != nil {
		return err
	}
	at := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	files, err := packZip(filepath.Join(at, version+".zip"), m, repo, strings.TrimPrefix(subdir, "."))
	if err != nil {
		return err
	}
	zips, err := fs.Glob(os.DirFS(at), "*.zip")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		version + ".info": fmt.Sprintf("{\"Version\":%q,\"Time\":%q}\n", version, strings.TrimSpace(made)),
		version + ".mod":  mod,
		"list":            strings.ReplaceAll(strings.Join(zips, "\n")+"\n", ".zip\n", "\n"),
	} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "packed %s: %d files\n", m, files)
	return err
}

// packZip writes a module's zip, reads it again, and returns its number of
// files. A zip that was there stays until the new one is whole.
func packZip(file string, m module.Version, repo, subdir string) (int, error) {
	f, err := os.Create(file + ".new")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name()) // renamed, it is not there
	err = errors.Join(zip.CreateFromVCS(f, m, repo, "HEAD", subdir), f.Close())
	if _, ok := errors.AsType[*zip.UnrecognizedVCSError](err); ok {
		return 0, fmt.Errorf("%s is not the top folder of a git clone (nor is a linked worktree: clone it)", repo)
	}
	if err != nil {
		return 0, err
	}
	checked, err := zip.CheckZip(m, f.Name())
	if err != nil {
		return 0, err
	}
	return len(checked.Valid), os.Rename(f.Name(), file)
}

// git returns what a git command prints; its error is what it complained of.
func git(repo string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = repo
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = errors.New(strings.TrimSpace(string(failed.Stderr)))
	}
	return string(out), err
}
