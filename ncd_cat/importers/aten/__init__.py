"""The dialect of PyTorch's ATen: what each of its operators means as a diagram, one family a file.

A table maps the name of an operator overload, "aten.linear.default", to a function of the call and of its arguments in
the operator's own order: tensors as `Value`s, everything else as Python data.  It returns a value, a sequence of them
for an operator with several results, or None where this instance of the operator has no form here: an opaque box then.
What a handler does is what PyTorch's documentation says of the operator; its docstring adds what is not said there.
"""
