// The compiler lets a function have no body where the package has a file like this one;
// fsync_linux.go's two are the runtime's.
