// Stands for @rjsf/validator-ajv8, which @rjsf/core imports for its own tests.
export default {};
