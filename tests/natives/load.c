/* Loads a shared library as a JVM does and looks up functions in it: load LIBRARY FUNCTION... */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: load LIBRARY FUNCTION...\n");
        return 2;
    }
    /* At once, not lazily: everything that the library needs of the system must be there. */
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    for (int index = 2; index < count; index++) {
        if (dlsym(library, arguments[index]) == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
    }
    return 0;
}
